import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";

const ttlMs = 10_000;
/** As the documentation of `SET` has it: only the one who took it gives it back. */
const releaseScript = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) else return 0 end`;

/** What most write by hand: `SET NX PX`, and compare-and-delete. No queue, no fence, no renewal, and nobody hears of a loss. */
export class RawLocks {
  readonly #redis = new Redis(process.env.REDIS_URL!);
  readonly #prefix = `{${process.env.ACTOR_NAMESPACE}:raw}`;

  constructor() {
    this.#redis.defineCommand("giveBack", { numberOfKeys: 1, lua: releaseScript });
  }

  /** @returns how to give it back; `undefined`: somebody has it */
  async tryTake(name: string): Promise<(() => Promise<void>) | undefined> {
    const key = `${this.#prefix}:${name}`;
    const token = randomUUID();
    if ((await this.#redis.set(key, token, "PX", ttlMs, "NX")) === null) return undefined;
    return async () => {
      await (this.#redis as Redis & { giveBack(key: string, token: string): Promise<number> }).giveBack(key, token);
    };
  }

  close(): void {
    this.#redis.disconnect();
  }
}
