import type { LockMode } from "@actor-runtime/core";
import type { Calm, Moment, Rewind } from "../history.js";

/** How an attempt to take locks ended for its caller. `died`: its process did before. */
export type LockEnd =
  | "pending"
  | "granted"
  | "busy"
  | "timeout"
  | "cancelled"
  | "deadlock"
  /** Another error, which says nothing about the lock: the store was out of reach, the process was closing. */
  | "failed"
  | "died";

/** One attempt to take one or several locks as its caller saw it. */
export interface LockAttempt {
  /** Names the attempt. */
  readonly id: string;
  /** A process that starts again has another name. */
  readonly process: string;
  readonly names: readonly string[];
  readonly mode: LockMode;
  /** For how long it would wait; `undefined`: not at all. */
  readonly waitMs: number | undefined;
  /** Made while its caller held other locks. */
  readonly nested: boolean;
  readonly begun: Moment;
  /** When its signal aborted while it waited. */
  readonly cancelled?: Moment;
  readonly ended?: Moment;
  readonly end: LockEnd;
  /** Of each name, once granted. */
  readonly fences: Readonly<Record<string, number>>;
  /** When its caller stopped to act as the holder: before it released, or when it heard of its loss, or when it died. */
  readonly left?: Moment;
}

/** A write to what a lock protects. */
export interface LockWrite {
  /** The attempt that got the lock. */
  readonly attempt: string;
  readonly name: string;
  readonly mode: LockMode;
  readonly fence: number;
  readonly at: Moment;
  /** Whether the resource that looks at fences took it. One that does not would have taken it. */
  readonly accepted: boolean;
  /** The holder's signal had not aborted. */
  readonly believed: boolean;
  /** The store had it as the holder's at this moment. */
  readonly held: boolean;
}

/** A time in which a process did not run. */
export interface Freeze {
  readonly process: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** An operator took the lock from its holders, at some time between the two. */
export interface LockBreak {
  readonly name: string;
  readonly begun: Moment;
  readonly ended?: Moment;
}

/** Attempts that wait for each other's locks, the last one of which closed the cycle. */
export interface LockCycle {
  readonly attempts: readonly string[];
}

/** What was left when everything had ended. */
export interface LocksLeft {
  /** Held or waited for. */
  readonly locks: readonly string[];
  readonly sessions: readonly string[];
  /** Addresses of lock actors with stored state. */
  readonly actors: readonly string[];
}

/**
 * What those who took locks saw, and the resources that the locks protect; nothing comes from inside. {@link LockRecorder}
 * writes one down, and the checkers read it.
 */
export interface LockHistory {
  readonly attempts: readonly LockAttempt[];
  /** In the order in which they came. */
  readonly writes: readonly LockWrite[];
  readonly freezes: readonly Freeze[];
  readonly breaks: readonly LockBreak[];
  readonly rewinds: readonly Rewind[];
  readonly calm: readonly Calm[];
  readonly cycles: readonly LockCycle[];
  readonly left: LocksLeft;
}
