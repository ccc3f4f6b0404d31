import {
  type Cancel,
  type Clock,
  type HeldLock,
  keepClaimedMs,
  type LockMode,
  type LockOffer,
  type LockRequest,
  type LockSession,
  type OfferOptions,
  type OfferOutcome,
} from "@actor-runtime/core";
import { brokenLockText } from "./broken-locks.js";
import type { ChangeFeed } from "./change-feed.js";
import type { Connection } from "./connection.js";
import type { LockKeys } from "./keys.js";
import type { LockServer, Memory } from "./lock-server.js";
import { breakLock, claimLock, inspectLocks, keepSession, memoryAge, offerLock, releaseLock } from "./scripts/locks.js";
import type { StoreClock } from "./store-clock.js";

/** Names in one answer, about. */
const pageNames = 200;

type HeldAnswer = readonly [mode: LockMode, fence: string, ...holders: string[]] | readonly [];
type OfferAnswer = [granted: 1, now: string, fence: string] | [granted: 0, now: string, held: HeldAnswer] | [over: -1];

/** `LockLeases` in Redis, judged by its TIME; under one hash tag, because every lock may belong to every session. */
export class RedisLockLeases implements LockServer {
  readonly #connection: Connection;
  readonly #keys: LockKeys;
  readonly #storeClock: StoreClock;
  readonly #changes: ChangeFeed;
  readonly #clock: Clock;

  constructor(connection: Connection, keys: LockKeys, storeClock: StoreClock, changes: ChangeFeed, clock: Clock) {
    this.#connection = connection;
    this.#keys = keys;
    this.#storeClock = storeClock;
    this.#changes = changes;
    this.#clock = clock;
  }

  async open(id: string, ttlMs: number): Promise<LockSession> {
    const until = this.#clock.monotonic() + ttlMs;
    await this.#keepSession(id, ttlMs, "open");
    return { id, until };
  }

  async renew({ id }: LockSession, ttlMs: number): Promise<LockSession | undefined> {
    // Who holds locks must hear of those that are broken, and need not be a worker, whose heartbeat looks after that, too.
    this.#changes.check();
    const until = this.#clock.monotonic() + ttlMs;
    return (await this.#keepSession(id, ttlMs, "renew")) ? { id, until } : undefined;
  }

  async close({ id }: LockSession): Promise<void> {
    await this.#connection.call("del", this.#keys.session(id));
  }

  async offer(
    { name, request, mode }: LockRequest,
    { session, claimMs, waits, others, leastFence = 0 }: OfferOptions,
  ): Promise<OfferOutcome> {
    const least = String(Math.max(leastFence, this.#storeClock.micros));
    const args = [request, mode, session, micros(claimMs), flag(waits), flag(others), least];
    const answer = (await this.#change(offerLock, name, args, this.#keys.floor)) as OfferAnswer;
    if (answer[0] === -1) return { over: true };
    this.#storeClock.saw(Number(answer[1]));
    if (answer[0] === 0) return { held: parseHeld(name, answer[2])! };
    return { offer: { name, request, mode, fence: Number(answer[2]) } };
  }

  async claim({ name, request }: LockOffer, { id }: LockSession): Promise<boolean> {
    return (await this.#change(claimLock, name, [request, id, micros(keepClaimedMs)])) === 1;
  }

  async release(
    { name, request }: Pick<LockRequest, "name" | "request">,
    only?: "offered",
  ): Promise<{ wanted: boolean }> {
    return { wanted: (await this.#change(releaseLock, name, [request, only ?? ""])) === 1 };
  }

  async break(name: string): Promise<HeldLock | undefined> {
    const answer = await this.#change(breakLock, name, [this.#keys.changes, brokenLockText(name)]);
    return parseHeld(name, answer as HeldAnswer);
  }

  async inspect(name: string): Promise<HeldLock | undefined> {
    const [held] = await this.#inspect([name]);
    return held;
  }

  async *list(prefix: string): AsyncGenerator<HeldLock> {
    // Redis gives a name again when the index shrinks meanwhile.
    const listed = new Set<string>();
    let cursor = "0";
    do {
      const answer = await this.#connection.call("zscan", this.#keys.index, cursor, "COUNT", String(pageNames));
      const [next, flat] = answer as [string, string[]];
      const names = flat.filter((name, at) => at % 2 === 0 && name.startsWith(prefix) && !listed.has(name));
      for (const name of names) listed.add(name);
      for (const held of await this.#inspect(names)) if (held !== undefined) yield held;
      cursor = next;
    } while (cursor !== "0");
  }

  watch(broken: (name?: string) => void): Cancel {
    return this.#changes.watchLocks(broken);
  }

  async memory(): Promise<Memory> {
    const [age, now] = (await this.#connection.run(memoryAge, [this.#keys.memory], [])) as [string, string];
    return { ageMs: Number(age) / 1_000, micros: Number(now) };
  }

  async #keepSession(id: string, ttlMs: number, how: "open" | "renew"): Promise<boolean> {
    const keys = [this.#keys.session(id), this.#keys.index];
    return (await this.#connection.run(keepSession, keys, [micros(ttlMs), how])) === 1;
  }

  #change(script: typeof offerLock, name: string, args: readonly string[], ...more: readonly string[]) {
    const keys = [this.#keys.record(name), this.#keys.index, ...more];
    return this.#connection.run(script, keys, [name, this.#keys.session(""), ...args]);
  }

  async #inspect(names: readonly string[]): Promise<(HeldLock | undefined)[]> {
    if (names.length === 0) return [];
    const keys = names.map((name) => this.#keys.record(name));
    const answers = (await this.#connection.run(inspectLocks, keys, [this.#keys.session("")])) as HeldAnswer[];
    return answers.map((answer, index) => parseHeld(names[index]!, answer));
  }
}

function parseHeld(name: string, [mode, fence, ...flat]: HeldAnswer): HeldLock | undefined {
  if (mode === undefined) return undefined;
  const holders = Array.from({ length: flat.length / 4 }, (_, index) => {
    const [request, claimed, remaining, held] = flat.slice(index * 4) as [string, string, string, string];
    return {
      request,
      claimed: claimed === "1",
      remainingMs: Number(remaining) / 1_000,
      heldMs: Number(held) / 1_000,
    };
  });
  return { name, mode, fence: Number(fence), holders };
}

function flag(on: boolean): string {
  return on ? "1" : "0";
}

function micros(ms: number): string {
  return String(Math.round(ms * 1_000));
}
