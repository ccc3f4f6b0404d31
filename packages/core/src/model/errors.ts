/** What is known about a failed call: nothing happened, or nobody knows. */
export type Effect = "none" | "unknown";

interface Traits {
  readonly code: string;
  readonly effect: Effect;
  readonly retryable: boolean;
}

export interface ErrorDetail {
  /** Machine-readable reason, for example `INSUFFICIENT_FUNDS`. */
  readonly code?: string;
  /** Anything that can travel (see NotSendableError). */
  readonly data?: unknown;
  readonly cause?: unknown;
}

/**
 * The base of every error of actor-runtime. `instanceof` works across processes; a user's subclass arrives as the
 * nearest class of ours with its `code` and `data`.
 */
export class ActorError extends Error {
  /** Machine-readable, stable. */
  readonly code: string;
  /** `none`: the call left nothing behind, it is safe to call again. `unknown`: it may have taken effect; repeat with the same idempotency key. */
  readonly effect: Effect;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  readonly data?: unknown;

  constructor(message: string, traits: Traits, detail: ErrorDetail = {}) {
    super(message, "cause" in detail ? { cause: detail.cause } : undefined);
    // Not enumerable, like the name of a built-in error: it is no datum of the error.
    Object.defineProperty(this, "name", { value: new.target.name, configurable: true, writable: true });
    this.code = detail.code ?? traits.code;
    this.effect = traits.effect;
    this.retryable = traits.retryable;
    if (detail.data !== undefined) this.data = detail.data;
  }
}

const never = (code: string): Traits => ({ code, effect: "none", retryable: false });
const later = (code: string): Traits => ({ code, effect: "none", retryable: true });
const unknown = (code: string): Traits => ({ code, effect: "unknown", retryable: true });

// ---- the actor's own decision -----------------------------------------------------------------------------------

/**
 * Thrown by a handler to refuse: a decision, not a fault. The turn leaves nothing, nothing is retried, and it is not
 * logged as an error; a told message becomes a dead letter at once.
 *
 * @example throw new RejectedError("insufficient funds", { code: "INSUFFICIENT_FUNDS", data: { missing: 20 } })
 */
export class RejectedError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, never("REJECTED"), detail);
  }
}

/** A handler threw an error that is not ours: its message and, where it has one, its code; `thrown` is its class name. */
export class HandlerError extends ActorError {
  readonly thrown: string;
  constructor(message: string, thrown: string, detail?: ErrorDetail) {
    super(message, never("HANDLER_FAILED"), detail);
    this.thrown = thrown;
  }
}

// ---- the call is wrong: mend the caller -----------------------------------------------------------------------------

/** The key or type of an address is out of bounds. */
export class InvalidAddressError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, never("INVALID_ADDRESS"), detail);
  }
}

/** No worker of this namespace knows the type. */
export class UnknownTypeError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, never("UNKNOWN_TYPE"), detail);
  }
}

/** The method does not exist, is not marked with `@Handler` or `@Query`, or has a reserved name. */
export class UnknownHandlerError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, never("UNKNOWN_HANDLER"), detail);
  }
}

/** The arguments do not fit the handler's schema; `data` lists the issues with their paths. */
export class InvalidArgumentsError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, never("INVALID_ARGUMENTS"), detail);
  }
}

/** A value cannot travel (function, class instance, cycle, …); the message names its path, for example `args[0].lines[3].price`. */
export class NotSendableError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, never("NOT_SENDABLE"), detail);
  }
}

/** A message, an answer or a state is over its bound; nothing was sent or committed. */
export class TooLargeError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, never("TOO_LARGE"), detail);
  }
}

/** The idempotency key was used before for another handler or other arguments of this actor. */
export class IdempotencyMismatchError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, never("IDEMPOTENCY_MISMATCH"), detail);
  }
}

/** The ask leads back to an actor that waits for it; the message spells the cycle out, `data.cycle` lists its addresses. */
export class DeadlockError extends ActorError {
  constructor(cycle: readonly string[], detail?: ErrorDetail) {
    super(`deadlock: ${cycle.join(" → ")}`, never("DEADLOCK"), { ...detail, data: { cycle } });
  }
}

/** A call made through `self` or a ref of a turn that has ended (or was aborted). */
export class TurnEndedError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, never("TURN_ENDED"), detail);
  }
}

/** A query tried to change something: assign state, tell, set a reminder or ask a handler. */
export class QueryEffectError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, never("QUERY_EFFECT"), detail);
  }
}

/** A query changed state in place; found by its bytes in `dev` and tests, and never committed. */
export class QueryChangedStateError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, never("QUERY_CHANGED_STATE"), detail);
  }
}

// ---- the system could not do it now: call again later -----------------------------------------------------------------

/** Something is full. `scope` says what, `retryAfterMs` when to try again. */
export class OverloadedError extends ActorError {
  readonly scope: "mailbox" | "actor" | "partition" | "outbox" | "store";
  readonly retryAfterMs: number;
  constructor(message: string, scope: OverloadedError["scope"], retryAfterMs: number, detail?: ErrorDetail) {
    super(message, later("OVERLOADED"), detail);
    this.scope = scope;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A turn ran longer than its `timeout`; it left nothing. */
export class TurnTimeoutError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, later("TURN_TIMEOUT"), detail);
  }
}

/** The caller's deadline passed, or it withdrew the call, before the work began. */
export class NotStartedError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, later("NOT_STARTED"), detail);
  }
}

/** A lock could not be had within `wait`; `data` names it and who holds it. */
export class LockTimeoutError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, later("LOCK_TIMEOUT"), detail);
  }
}

/**
 * A lock was lost before the work under it was done: its lease ended, an operator broke it, or somebody who took it later was
 * there before. `effect` is that of the call: `none` where it was refused, `unknown` where part of the work may be done.
 */
export class LockLostError extends ActorError {
  constructor(message: string, effect: Effect, detail?: ErrorDetail) {
    // A turn that lost its own lock takes it anew when it runs again; who came late with an old fence stays late.
    super(message, { code: "LOCK_LOST", effect, retryable: effect === "unknown" }, detail);
  }
}

/**
 * - `rejected`: its body threw, or an actor refused; the error is the `cause`
 * - `conflict`: it had to give way to an older transaction, `by`
 * - `deadline`: its time ran out
 * - `lost`: it is not known whether a call in it took effect, or an actor lost what it did in it
 * - `resolved`: an operator decided so
 * - `superseded`: another attempt under its idempotency key committed
 */
export type AbortReason = "rejected" | "conflict" | "deadline" | "lost" | "resolved" | "superseded";

/** A transaction did not commit: it left nothing on any actor. `transaction` is its id, `by` the one it gave way to. */
export class TransactionAbortedError extends ActorError {
  readonly reason: AbortReason;
  readonly transaction: string;
  readonly by?: string;
  constructor(
    message: string,
    { reason, transaction, by }: { reason: AbortReason; transaction: string; by?: string | undefined },
    detail?: ErrorDetail,
  ) {
    const retryable = reason === "conflict" || reason === "deadline" || reason === "lost";
    super(message, { code: "TRANSACTION_ABORTED", effect: "none", retryable }, detail);
    this.reason = reason;
    this.transaction = transaction;
    if (by !== undefined) this.by = by;
  }
}

/**
 * Nobody answered whether a transaction committed: it did on all its actors, or on none. Ask again with
 * `system.transactions.outcome(error.transaction)`.
 */
export class TransactionInDoubtError extends ActorError {
  readonly transaction: string;
  constructor(message: string, transaction: string, detail?: ErrorDetail) {
    super(message, unknown("TRANSACTION_IN_DOUBT"), detail);
    this.transaction = transaction;
  }
}

/** The actor's state changed since it was loaded, so nothing was written: load it again, and decide again. */
export class ConflictError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, later("CONFLICT"), detail);
  }
}

/** The worker no longer owns the actor's partition; the message runs again at the next owner. */
export class LostOwnershipError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, later("LOST_OWNERSHIP"), detail);
  }
}

/** The stored state is newer than the class here; a worker that knows it must take the actor. */
export class StateVersionError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, later("STATE_VERSION"), detail);
  }
}

/** Twice a worker died while this message was the only suspect it ran, so it is not run again (delivery.md A.7). */
export class FatalMessageError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, never("FATAL_MESSAGE"), detail);
  }
}

/** The message was sent to a partition its key does not belong to: sender and owner count partitions differently. */
export class WrongPartitionError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, never("WRONG_PARTITION"), detail);
  }
}

/** The message belongs to a stream so old that its numbers are forgotten; it may have been applied. */
export class StaleStreamError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, unknown("STALE_STREAM"), detail);
  }
}

/** The sender's clock runs ahead by more than a minute. */
export class ClockSkewError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, later("CLOCK_SKEW"), detail);
  }
}

/** The store (or broker) cannot answer now. */
export class StoreUnavailableError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, later("STORE_UNAVAILABLE"), detail);
  }
}

// ---- nobody knows: repeat with the same idempotency key -----------------------------------------------------------------

/** No answer came within the ask's `timeout`. */
export class AskTimeoutError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, unknown("ASK_TIMEOUT"), detail);
  }
}

/** The caller's own `signal` ended the ask after it was sent. */
export class CancelledError extends ActorError {
  constructor(message: string, effect: Effect, detail?: ErrorDetail) {
    super(message, { code: "CANCELLED", effect, retryable: false }, detail);
  }
}

/** The worker that a call was sent to is gone, and with it what it knew of the call (stateless types). */
export class WorkerLostError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, unknown("WORKER_LOST"), detail);
  }
}

/** A message may or may not have reached its mailbox before its deadline passed. */
export class UnknownOutcomeError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, unknown("UNKNOWN_OUTCOME"), detail);
  }
}

// ---- this process ---------------------------------------------------------------------------------------------------

/** An option, a decorator or the environment is wrong; the message names the field and the fix. */
export class ConfigError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, never("CONFIG"), detail);
  }
}

/** The system was closed: before the call was sent (`effect: "none"`), or before its outcome was known. */
export class ClosedError extends ActorError {
  constructor(message: string, effect: Effect = "none", detail?: ErrorDetail) {
    super(message, { code: "CLOSED", effect, retryable: true }, detail);
  }
}

/** The feature is not part of this version; the message says what to use instead. */
export class UnsupportedError extends ActorError {
  constructor(message: string, detail?: ErrorDetail) {
    super(message, never("UNSUPPORTED"), detail);
  }
}
