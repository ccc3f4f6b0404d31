import {
  type ActorError,
  CancelledError,
  type Clock,
  DeadlockError,
  LockTimeoutError,
  type Random,
  UnknownTypeError,
} from "@actor-runtime/core";
import { currentTurn } from "../worker/turn.js";
import { heldHere } from "./held-here.js";
import { lockAddress } from "./lock-messages.js";
import type { NormalLockOptions } from "./lock-options.js";
import { LockSet } from "./lock-set.js";
import type { LockTaker } from "./lock-taker.js";
import type { NamedLock } from "./named-lock.js";
import { Patience } from "./patience.js";

/** Whoever does not wait for a lock still waits so long for the word that it cannot be had (ms). */
const tryMs = 5_000;

/** Takes several locks, all or none, one by one in the order in which everybody takes them. */
export class SetTaker {
  readonly #taker: LockTaker;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(taker: LockTaker, clock: Clock, random: Random) {
    this.#taker = taker;
    this.#clock = clock;
    this.#random = random;
  }

  /** As {@link LockTaker.doubt}. */
  doubt(name: string | undefined): void {
    this.#taker.doubt(name);
  }

  /** As {@link LockTaker.giveBackStrays}. */
  giveBackStrays(): Promise<void> {
    return this.#taker.giveBackStrays();
  }

  /**
   * @param names in order
   * @param until in ms by the clock's `monotonic()`; `undefined`: only what can be had at once
   * @returns `undefined`: they were not to be had in time
   * @throws LockTimeoutError when nobody says whether they can be had at once
   * @throws DeadlockError, CancelledError, and what an ask throws that will not pass
   */
  async take(
    names: readonly string[],
    { mode, leaseMs, signal }: NormalLockOptions,
    until: number | undefined,
  ): Promise<NamedLock[] | undefined> {
    const waits = until !== undefined;
    const patience = new Patience(this.#clock, this.#random, until ?? this.#clock.monotonic() + tryMs, signal);
    const outer = heldHere();
    const inherited = currentTurn.getStore()?.inbound?.message.locks ?? [];
    const holds = [...outer.map(({ offer }) => offer.name), ...inherited.map(([name]) => name)];
    const locks: NamedLock[] = [];
    let complete = false;
    try {
      for (const name of names) {
        const again = outer.find(({ offer }) => offer.name === name);
        if (again === undefined && holds.includes(name)) throw heldByCaller(name);
        if (again?.offer.mode === "shared" && mode === "exclusive") throw upgrade(name);
        const lock = again ?? (await this.#taker.take({ name, mode, leaseMs, waits, holds }, patience));
        if (lock === undefined) return undefined;
        locks.push(lock);
        if (again === undefined) holds.push(name);
      }
      // Somebody may have broken one of the first while the last was waited for.
      if (locks.length > 1) await patience.persist(() => Promise.all(locks.map((lock) => lock.confirm())));
      complete = true;
      return locks;
    } catch (error) {
      if (!patience.aborted) throw clearer(error);
      if (signal?.aborted) {
        const what = `lock "${names[locks.length] ?? names.at(-1)}"`;
        throw new CancelledError(`${what}: the caller gave up`, "none", { cause: error });
      }
      if (!waits) throw patience.failure ?? noWord(names[locks.length]!);
      return undefined;
    } finally {
      patience.close();
      // Not waited for: who could not have all of them has waited long enough.
      if (!complete) void new LockSet(locks, undefined, () => {}).release();
    }
  }
}

/** Its turn was asked for by somebody who holds the lock and waits for the turn. */
function heldByCaller(name: string): ActorError {
  const turn = currentTurn.getStore();
  return new DeadlockError([lockAddress(name), turn?.activation.address ?? "the caller", lockAddress(name)]);
}

/** Two readers that both wanted this would wait for each other. */
function upgrade(name: string): ActorError {
  return new DeadlockError([`${lockAddress(name)} (held shared)`, `${lockAddress(name)} (wanted exclusively)`]);
}

/** "It is not free" would be a guess. */
function noWord(name: string): ActorError {
  return new LockTimeoutError(`lock "${name}": nobody said within ${tryMs} ms whether it is free`);
}

function clearer(error: unknown): unknown {
  if (!(error instanceof UnknownTypeError)) return error;
  return new UnknownTypeError(
    "locks need a worker: none that hosts lock actors was ever started in this namespace; start one, with any actors",
    { cause: error },
  );
}
