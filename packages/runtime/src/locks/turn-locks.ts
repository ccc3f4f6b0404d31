import { TurnEndedError } from "@actor-runtime/core";
import { type ClusterLocks, runUnder } from "./cluster-locks.js";
import type { LockHolder } from "./lock-holder.js";
import { normalLockOptions } from "./lock-options.js";
import type { LockSet } from "./lock-set.js";
import type { Lock, LockOptions, Locks, TryLockOptions } from "./lock-types.js";

type Body<R> = (lock: Lock) => R | Promise<R>;

/** `self.locks`: locks that end with their turn at the latest. */
export class TurnLocks implements Locks {
  readonly #locks: ClusterLocks;
  readonly #turn: LockHolder;

  constructor(locks: ClusterLocks, turn: LockHolder) {
    this.#locks = locks;
    this.#turn = turn;
  }

  async acquire(names: string | readonly string[], options?: LockOptions): Promise<Lock> {
    return (await this.#take(names, options, true))!;
  }

  async tryAcquire(names: string | readonly string[], options?: TryLockOptions): Promise<Lock | undefined> {
    return this.#take(names, options, false);
  }

  async withLock<R>(names: string | readonly string[], ...rest: [Body<R>] | [LockOptions, Body<R>]): Promise<R> {
    const [options, body] = rest.length === 1 ? [undefined, rest[0]] : rest;
    return runUnder((await this.#take(names, options, true))!, body);
  }

  async #take(
    names: string | readonly string[],
    options: LockOptions | undefined,
    waits: boolean,
  ): Promise<LockSet | undefined> {
    const turn = this.#turn;
    turn.checkEffect("take a lock");
    const { signal: own } = normalLockOptions(options);
    const signal = own === undefined ? turn.signal : AbortSignal.any([own, turn.signal]);
    const taken = await this.#locks.take(names, { ...options, signal }, waits);
    if (taken === undefined) return undefined;
    if (turn.ended) {
      void taken.release();
      throw new TurnEndedError(`${turn.what} ended before it had the lock "${taken.names.join('", "')}"`);
    }
    turn.hold(taken);
    return taken;
  }
}
