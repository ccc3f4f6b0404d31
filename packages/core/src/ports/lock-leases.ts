import type { Cancel } from "./clock.js";

/** Held by one, or by any number of readers. */
export type LockMode = "exclusive" | "shared";

/** One process' own lease: everything it claimed ends with it, at once. Its id is never used again. */
export interface LockSession {
  readonly id: string;
  /** When it ends, in ms by the caller's `Clock.monotonic()`; taken before the request left, so never too late. */
  readonly until: number;
}

/** What was asked for, by whom. The request names one acquisition and no other, ever. */
export interface LockRequest {
  readonly name: string;
  readonly request: string;
  readonly mode: LockMode;
}

/** Ownership for a short time; it becomes somebody's own by {@link LockLeases.claim}. */
export interface LockOffer extends LockRequest {
  /** Only rises, over all locks of the namespace; readers that hold a lock together share one. */
  readonly fence: number;
}

export interface OfferOptions {
  /** Id of the session that is going to claim it. */
  readonly session: string;
  /** How long it may take to claim it, in ms. */
  readonly claimMs: number;
  /** If somebody holds it, this one waits: the release that frees it says that it is wanted. */
  readonly waits: boolean;
  /** Others wait behind this one: if it gets the lock, its release says that it is wanted. */
  readonly others: boolean;
  /** A new fence is not below this one: several stores that are asked for the same one give the same. @default 0 */
  readonly leastFence?: number;
}

export type OfferOutcome = { readonly offer: LockOffer } | { readonly held: HeldLock } | { readonly over: true };

export interface LockHolder {
  readonly request: string;
  /** `false`: offered, and not claimed yet. */
  readonly claimed: boolean;
  /** How long it holds on if its process is not heard of any more, in ms. */
  readonly remainingMs: number;
  /** For how long it has been held or offered, in ms. */
  readonly heldMs: number;
}

/** A lock that is held. */
export interface HeldLock {
  readonly name: string;
  readonly mode: LockMode;
  readonly fence: number;
  /** In the order they came; never empty. */
  readonly holders: readonly LockHolder[];
}

/**
 * Who holds which lock: ownership that ends by itself, judged by the store's own clock. It knows no queue; whoever offers
 * (the lock actor) decides who comes next.
 *
 * An offer is nobody's until it is claimed: it runs out after a short time, so an offer made by a lock actor that was not the
 * owner any more, or to somebody who is gone, blocks nobody for long. What is claimed lasts as long as its session.
 *
 * Every method rejects with StoreUnavailableError when the store cannot answer; all may be repeated.
 */
export interface LockLeases {
  /** Opens a session under a new id. */
  open(id: string, ttlMs: number): Promise<LockSession>;
  /** One renewal for all that the session claimed. `undefined`: it has ended, and never comes back. */
  renew(session: LockSession, ttlMs: number): Promise<LockSession | undefined>;
  /** Ends the session and with it everything it claimed. */
  close(session: LockSession): Promise<void>;
  /**
   * Offers the lock if it is free, or if it is shared by others and asked for shared. The same request gets the same offer
   * again, also once it is claimed. `over`: the session for which it is asked has ended, so nobody is there to claim.
   */
  offer(request: LockRequest, options: OfferOptions): Promise<OfferOutcome>;
  /** Makes an offer the session's own; again and again to keep it for longer than {@link keepClaimedMs}. `false`: it is too late. */
  claim(offer: LockOffer, session: LockSession): Promise<boolean>;
  /**
   * Gives up what was offered or claimed. `wanted`: the lock is free now, and somebody waits for it.
   *
   * @param only `"offered"`: what is claimed by now stays
   */
  release(request: Pick<LockRequest, "name" | "request">, only?: "offered"): Promise<{ readonly wanted: boolean }>;
  /** Takes the lock from all its holders; they hear of it by {@link watch}. Returns what was held. */
  break(name: string): Promise<HeldLock | undefined>;
  inspect(name: string): Promise<HeldLock | undefined>;
  /** Locks that are held and whose names begin so, in no particular order. */
  list(prefix: string): AsyncIterable<HeldLock>;
  /**
   * Calls back soon after a lock was broken, with its name, or without one when words of any may have been missed. Only a hint:
   * it may be missing, repeated or late, so whoever holds the lock claims it again to know. Must not throw.
   */
  watch(broken: (name?: string) => void): Cancel;
}

/** Records of locks whose process died without a word are kept no longer than this after they were claimed last (ms). */
export const keepClaimedMs = 10 * 60_000;
