import type { HeldLock } from "@actor-runtime/core";
import type { History, Moment } from "../history.js";
import type {
  Freeze,
  LockAttempt,
  LockBreak,
  LockCycle,
  LockEnd,
  LockHistory,
  LocksLeft,
  LockWrite,
} from "./lock-history.js";

type Open<T> = { -readonly [K in keyof T]: T[K] };
/** What is known of an attempt when it is made. */
export type AttemptBegin = Pick<LockAttempt, "process" | "names" | "mode" | "waitMs" | "nested">;
/** A lock in its holder's hands: what a write to what it protects shows of it. */
export interface InHand {
  readonly name: string;
  readonly fence: number;
  readonly accepted: boolean;
  readonly believed: boolean;
}

export interface RecorderOptions {
  /** The moment that it is. */
  readonly mark: () => Moment;
  /** Who holds a lock now, by the store. */
  readonly lock: (name: string) => HeldLock | undefined;
}

/**
 * Writes down what becomes of locks while it happens. Whoever takes one says so himself; nothing is asked of the system.
 *
 * @example
 * const attempt = recorder.begin({ process: "c1", names: ["a"], mode: "exclusive", waitMs: 1_000, nested: false });
 * const lock = await system.locks.acquire("a", { wait: "1s" });
 * attempt.granted({ a: lock.fence });
 * attempt.left();
 * await lock.release();
 */
export class LockRecorder {
  readonly #mark: () => Moment;
  readonly #lock: (name: string) => HeldLock | undefined;
  readonly #attempts: Open<LockAttempt>[] = [];
  readonly #writes: LockWrite[] = [];
  readonly #freezes: Open<Freeze>[] = [];
  readonly #breaks: Open<LockBreak>[] = [];
  readonly #cycles: LockCycle[] = [];
  readonly #dead = new Set<string>();
  #left: LocksLeft = { locks: [], sessions: [], actors: [] };

  constructor({ mark, lock }: RecorderOptions) {
    this.#mark = mark;
    this.#lock = lock;
  }

  begin(begin: AttemptBegin): AttemptRecord {
    const id = `l${this.#attempts.length + 1}`;
    const attempt: Open<LockAttempt> = { id, ...begin, begun: this.#mark(), end: "pending", fences: {} };
    this.#attempts.push(attempt);
    const isDead = () => this.#dead.has(begin.process);
    const end = (how: LockEnd, fences: Readonly<Record<string, number>>): void => {
      if (isDead()) return;
      Object.assign(attempt, { end: how, ended: this.#mark(), fences });
    };
    return {
      id,
      cancelled: () => {
        if (attempt.end === "pending" && !isDead()) attempt.cancelled = this.#mark();
      },
      granted: (fences) => end("granted", fences),
      refused: (how) => end(how, {}),
      left: () => {
        if (!isDead()) attempt.left ??= this.#mark();
      },
      wrote: ({ name, fence, accepted, believed }) => {
        if (isDead()) return;
        const lock = this.#lock(name);
        const isMine = ({ request, claimed }: HeldLock["holders"][number]) =>
          claimed && begin.process.startsWith(request.slice(0, request.indexOf("/")));
        const held = lock?.fence === fence && lock.holders.some(isMine);
        const { mode } = begin;
        this.#writes.push({ attempt: id, name, mode, fence, at: this.#mark(), accepted, believed, held });
      },
    };
  }

  /** The process does not run from now on, until {@link woke}. */
  froze(process: string): void {
    this.#freezes.push({ process, fromMs: this.#mark().ms, toMs: Number.POSITIVE_INFINITY });
  }

  woke(process: string): void {
    for (const freeze of this.#freezes) {
      if (freeze.process === process && freeze.toMs === Number.POSITIVE_INFINITY) freeze.toMs = this.#mark().ms;
    }
  }

  /** The process has ended; what its code goes on to do in the memory of the test is not written down. */
  died(process: string): void {
    this.woke(process);
    this.#dead.add(process);
    for (const attempt of this.#attempts) {
      if (attempt.process !== process) continue;
      if (attempt.end === "pending") Object.assign(attempt, { end: "died", ended: this.#mark() });
      else attempt.left ??= this.#mark();
    }
  }

  /** An operator takes the lock away; call what is returned once that is done. */
  breaks(name: string): () => void {
    const broke: Open<LockBreak> = { name, begun: this.#mark() };
    this.#breaks.push(broke);
    return () => {
      broke.ended = this.#mark();
    };
  }

  /** Attempts that wait for each other. */
  cycle(attempts: readonly string[]): void {
    this.#cycles.push({ attempts });
  }

  left(left: LocksLeft): void {
    this.#left = left;
  }

  /** How many attempts wait, or hold something. */
  pending(): number {
    return this.#attempts.filter(({ end, left }) => end === "pending" || (end === "granted" && left === undefined))
      .length;
  }

  /** What the process acts as the holder of, by name with the fence. */
  holds(process: string): readonly (readonly [name: string, fence: number])[] {
    return this.#attempts.flatMap((attempt) =>
      attempt.process === process && attempt.left === undefined ? Object.entries(attempt.fences) : [],
    );
  }

  history({ rewinds, calm }: Pick<History, "rewinds" | "calm">): LockHistory {
    return {
      attempts: this.#attempts,
      writes: this.#writes,
      freezes: this.#freezes,
      breaks: this.#breaks,
      rewinds,
      calm,
      cycles: this.#cycles,
      left: this.#left,
    };
  }
}

/** How one attempt goes on. */
export interface AttemptRecord {
  readonly id: string;
  /** Its signal aborts. */
  cancelled(): void;
  granted(fences: Readonly<Record<string, number>>): void;
  refused(how: Exclude<LockEnd, "pending" | "granted" | "died">): void;
  /** Its caller acts as the holder no longer. */
  left(): void;
  /** Its caller writes to what the lock protects. */
  wrote(write: InHand): void;
}
