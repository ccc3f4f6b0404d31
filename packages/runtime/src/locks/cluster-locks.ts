import {
  attributes,
  CancelledError,
  type Clock,
  ClosedError,
  DeadlockError,
  type LockLeases,
  LockTimeoutError,
  type Logger,
} from "@actor-runtime/core";
import type { Tracing } from "../tracing/tracing.js";
import type { LockMetrics, LockOutcome } from "./lock-metrics.js";
import { type NormalLockOptions, normalLockOptions, orderedNames } from "./lock-options.js";
import { LockSet } from "./lock-set.js";
import type { Lock, LockOptions, Locks, TryLockOptions } from "./lock-types.js";
import type { NamedLock } from "./named-lock.js";
import type { ProcessSessions } from "./process-sessions.js";
import type { SetTaker } from "./set-taker.js";
import { whoHolds } from "./who-holds.js";

export interface ClusterLocksServices {
  readonly leases: LockLeases;
  readonly clock: Clock;
  readonly taker: SetTaker;
  readonly sessions: ProcessSessions;
  readonly tracing: Tracing;
  readonly metrics: LockMetrics;
  readonly log: Logger;
}

type Body<R> = (lock: Lock) => R | Promise<R>;

/** Locks of the namespace, for this process. */
export class ClusterLocks implements Locks {
  readonly #services: ClusterLocksServices;
  #stopWatching: (() => void) | undefined;
  #closed = false;

  constructor(services: ClusterLocksServices) {
    this.#services = services;
  }

  async acquire(names: string | readonly string[], options?: LockOptions): Promise<Lock> {
    return this.take(names, options, true);
  }

  async tryAcquire(names: string | readonly string[], options?: TryLockOptions): Promise<Lock | undefined> {
    return this.take(names, options, false);
  }

  async withLock<R>(names: string | readonly string[], ...rest: [Body<R>] | [LockOptions, Body<R>]): Promise<R> {
    const [options, body] = rest.length === 1 ? [undefined, rest[0]] : rest;
    return runUnder(await this.take(names, options, true), body);
  }

  take(names: string | readonly string[], options: LockOptions | undefined, waits: true): Promise<LockSet>;
  take(
    names: string | readonly string[],
    options: LockOptions | undefined,
    waits: boolean,
  ): Promise<LockSet | undefined>;
  async take(
    names: string | readonly string[],
    options: LockOptions | undefined,
    waits: boolean,
  ): Promise<LockSet | undefined> {
    const { clock, tracing, metrics } = this.#services;
    const ordered = orderedNames(names);
    const normal = normalLockOptions(options);
    if (this.#closed) throw new ClosedError("the system is closed: it takes no locks any more");
    this.#stopWatching ??= this.#services.leases.watch((name) => void this.#lookAgain(name));
    const began = clock.monotonic();
    // Who gives no time at all still wants to have it if it is free.
    const until = waits && normal.waitMs > 0 ? began + normal.waitMs : undefined;
    const span = tracing.on ? tracing.lock("lock.acquire", ordered, normal.mode) : undefined;
    let outcome: LockOutcome = "failed";
    metrics.waits();
    try {
      const takeAll = () => this.#services.taker.take(ordered, normal, until);
      const locks = await (span === undefined ? takeAll() : span.run(takeAll));
      if (locks === undefined) {
        outcome = waits ? "timeout" : "busy";
        if (!waits) return undefined;
        throw await this.#timeout(ordered, normal.waitMs);
      }
      outcome = "acquired";
      const set = this.#held(ordered, locks, normal);
      if (set.lost !== undefined) {
        outcome = "failed";
        await set.release();
        throw set.lost;
      }
      return set;
    } catch (error) {
      if (outcome === "failed") outcome = outcomeOf(error);
      if (span !== undefined) tracing.fail(span, error);
      throw error;
    } finally {
      metrics.waited(outcome, clock.monotonic() - began);
      if (span?.recording) span.set(attributes.lockOutcome, outcome);
      span?.end();
    }
  }

  /** Everything held is given back. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopWatching?.();
    await this.#services.sessions.close();
  }

  #held(names: readonly string[], locks: readonly NamedLock[], { mode }: NormalLockOptions): LockSet {
    const { clock, tracing, metrics } = this.#services;
    const span = tracing.on ? tracing.lock("lock.hold", names, mode) : undefined;
    const since = clock.monotonic();
    metrics.held(1);
    const set = new LockSet(locks, span, (ended) => {
      metrics.held(-1);
      metrics.released(clock.monotonic() - since, ended.lost !== undefined);
    });
    if (span?.recording) span.set(attributes.lockFence, set.fence);
    return set;
  }

  async #timeout(names: readonly string[], waitMs: number): Promise<LockTimeoutError> {
    const { clock, leases } = this.#services;
    const [holders, data] = await whoHolds(names, leases, clock);
    const what = names.length === 1 ? `lock "${names[0]}"` : `the locks "${names.join('", "')}"`;
    return new LockTimeoutError(`${what} could not be had within ${waitMs} ms${holders}`, { data });
  }

  /** Somebody broke a lock of this name, or who knows what happened while nobody listened: what is still ours? */
  async #lookAgain(name: string | undefined): Promise<void> {
    const { sessions, taker, log } = this.#services;
    taker.doubt(name);
    for (const session of sessions.live) {
      for (const lock of session.locks) if (name === undefined || lock.offer.name === name) await lock.confirm();
    }
    if (name !== undefined) return;
    try {
      await taker.giveBackStrays();
    } catch (err) {
      log.warn({ err }, "it could not be looked up which locks of this process the store forgot to be given back");
    }
  }
}

/** Runs `body` under the lock and gives it back, however it ends. */
export async function runUnder<R>(lock: LockSet, body: Body<R>): Promise<R> {
  try {
    // What it returns may begin its work only when it is awaited.
    const result = await lock.run(async () => body(lock));
    if (lock.lost !== undefined) throw lock.lost;
    return result;
  } finally {
    await lock.release();
  }
}

function outcomeOf(error: unknown): LockOutcome {
  if (error instanceof DeadlockError) return "deadlock";
  return error instanceof CancelledError ? "cancelled" : "failed";
}
