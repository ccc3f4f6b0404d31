import type { Duration, HeldLock, LockMode } from "@actor-runtime/core";

export interface TryLockOptions {
  /**
   * How long the lock outlives its holder, from 1 s to 10 min; renewed while it is held. A holder that is frozen for longer
   * loses it. Default `"10s"`.
   */
  readonly lease?: Duration;
  /** `shared`: any number of holders that all ask so. Default `"exclusive"`. */
  readonly mode?: LockMode;
  /** Ends the waiting. A lock that is held is not affected. */
  readonly signal?: AbortSignal;
}

export interface LockOptions extends TryLockOptions {
  /** How long to wait for it, for all names together; 0: only if it is free now. Default `"30s"`. */
  readonly wait?: Duration;
}

/**
 * One or several locks, held together from when all were had until they are released or one is lost.
 *
 * @example
 * await using lock = await system.locks.acquire("report:2026");
 * await upload(report, { fence: lock.fence, signal: lock.signal });
 */
export interface Lock extends AsyncDisposable {
  /** In the order taken. */
  readonly names: readonly string[];
  /**
   * Hand it to every resource the lock protects: one that has seen a higher one must refuse. With several names it is the
   * highest of theirs: whoever takes any of them later has a higher one, since fences rise over all locks. Readers of several
   * locks use {@link fenceOf}, which they share with those who read with them.
   */
  readonly fence: number;
  /** Aborts with a {@link LockLostError} when the lock is lost, before its lease ends, so that there is time to stop. */
  readonly signal: AbortSignal;
  /** The fence of one of several names. */
  fenceOf(name: string): number;
  /**
   * Looks at the clock, so it is right also after the event loop was blocked, when no signal could come.
   *
   * @throws LockLostError
   */
  check(): void;
  /**
   * Runs code as the holder, with all it awaits: a nested lock of the same name is the same one, a cycle of nested locks is
   * found, and asks made in it carry the fences, so that their turns are refused once somebody took the lock later. `withLock`
   * runs its body so.
   *
   * @throws LockLostError when the lock is lost already
   */
  run<R>(body: () => R): R;
  /**
   * Gives all of it back, once; it does nothing the second time. Waits until the store has it back, unless it is lost. Never
   * throws: what cannot be given back runs out.
   */
  release(): Promise<void>;
}

/** Locks by name. A name is at most 256 bytes of UTF-8. */
export interface Locks {
  /**
   * Waits for its turn, first come, first served; readers that ask one after the other share.
   *
   * Several names are taken one by one in one global order, so that nobody who takes them together waits in a circle.
   *
   * @throws LockTimeoutError after `wait`
   * @throws DeadlockError when those who hold what is wanted wait, nested, for what this caller holds
   * @throws CancelledError when `signal` aborts
   * @throws LockLostError when it was lost on the way, or the running body has lost a lock, or given it back
   */
  acquire(names: string | readonly string[], options?: LockOptions): Promise<Lock>;
  /**
   * Takes it if it is free now, all names or none; `undefined`: somebody has one of them, or waits for it.
   *
   * @throws LockTimeoutError when nobody says within 5 s whether it is free
   * @throws DeadlockError, CancelledError, LockLostError as `acquire`
   */
  tryAcquire(names: string | readonly string[], options?: TryLockOptions): Promise<Lock | undefined>;
  /**
   * Runs `body` under the lock and releases it, however it ends. Re-entrant: inside a body that holds the name already, it
   * just runs.
   *
   * @throws what `body` throws; LockLostError when it ended well but the lock was lost before
   */
  withLock<R>(names: string | readonly string[], body: (lock: Lock) => R | Promise<R>): Promise<R>;
  withLock<R>(
    names: string | readonly string[],
    options: LockOptions,
    body: (lock: Lock) => R | Promise<R>,
  ): Promise<R>;
}

/** Somebody who waits for a lock. */
export interface LockWaiter {
  readonly request: string;
  readonly mode: LockMode;
  readonly waitedMs: number;
  /** How long it will wait on. */
  readonly remainingMs: number;
}

/** A lock that is held or waited for. */
export interface LockDescription {
  readonly name: string;
  /** `undefined`: nobody holds it just now. */
  readonly held: Omit<HeldLock, "name"> | undefined;
  /** First come first. */
  readonly waiting: readonly LockWaiter[];
}

/** Locks, and what operators do with them. */
export interface LockAdmin extends Locks {
  /** Locks that are held or waited for, by name. A request begins with the worker's id, `worker-1/…`. */
  list(options?: { prefix?: string }): Promise<readonly LockDescription[]>;
  /**
   * Takes a lock from its holders, who hear of it at once; the next in line gets it. From then on its old fence is refused
   * wherever fences are checked.
   *
   * @returns what was held; `undefined`: nobody held it, or somebody else did by the time it came to it
   */
  break(name: string): Promise<HeldLock | undefined>;
}
