import type { NamedLock } from "./named-lock.js";

/** A lock, or several together, that a turn took for itself. */
export interface TurnLock {
  /** It was not given back yet. */
  readonly held: boolean;
  readonly locks: readonly NamedLock[];
  /** @throws LockLostError */
  check(): void;
  /** Gives it back unless that was done; who goes on under it all the same hears that it is lost. */
  abandon(reason: string): void;
}

/** A turn, as one that takes locks. */
export interface LockHolder {
  /** For errors, `Account/alice.deposit`. */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly ended: boolean;
  /** @throws TurnEndedError, QueryEffectError where it may not */
  checkEffect(effect: string): void;
  /** It gives the lock back when it ends, unless it did before. */
  hold(lock: TurnLock): void;
}
