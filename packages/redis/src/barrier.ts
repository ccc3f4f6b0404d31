import { StoreUnavailableError } from "@actor-runtime/core";
import type { Connection } from "./connection.js";
import type { RedisBarrier } from "./options.js";
import { touch } from "./scripts/barrier.js";

/**
 * Waits until commits are as safe as asked for: one WAIT or WAITAOF for all that are answered in the same moment.
 *
 * Both commands cover what was written on their own connection, which may be a new one by now: so a write of our own goes
 * right before them. And a new connection may lead to a server that never had the commit: so it passes nothing.
 */
export class Barrier {
  readonly #connection: Connection;
  readonly #key: string;
  readonly #barrier: RedisBarrier;
  #losses = 0;
  #gathering: Promise<void> | undefined;

  constructor(connection: Connection, key: string, barrier: RedisBarrier) {
    this.#connection = connection;
    this.#key = key;
    this.#barrier = barrier;
    connection.onLost(() => {
      this.#losses += 1;
    });
  }

  /** Call it before the commit is sent. `passed` rejects with StoreUnavailableError: the commit may be lost, repeat it. */
  mark(): { passed(): Promise<void> } {
    const losses = this.#losses;
    return {
      passed: async () => {
        await (this.#gathering ??= this.#next());
        if (losses !== this.#losses) {
          throw new StoreUnavailableError("the connection to Redis was lost before the commit was known to be safe");
        }
      },
    };
  }

  async #next(): Promise<void> {
    // Answers of one moment come in one turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    this.#gathering = undefined;
    const { replicas, fsync, timeoutMs } = this.#barrier;
    const timeout = String(timeoutMs);
    await this.#connection.run(touch, [this.#key], []);
    const synced =
      fsync === "none"
        ? [1, 0]
        : await this.#connection.call("waitaof", "1", fsync === "replicas" ? String(replicas) : "0", timeout);
    const [onDisk, syncedReplicas] = synced as [number, number];
    const copies =
      fsync === "replicas" ? syncedReplicas : Number(await this.#connection.call("wait", String(replicas), timeout));
    if (onDisk >= 1 && copies >= replicas) return;
    throw new StoreUnavailableError(
      `the commit is on ${copies} of ${replicas} replicas${onDisk < 1 ? " and not on disk" : ""} after ${timeout} ms`,
    );
  }
}
