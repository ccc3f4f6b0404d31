import type { LockAttempt, LockHistory, LockWrite } from "@actor-runtime/testing";
import type { Open } from "./good-history.js";

/** A history of locks whose parts may be changed, to make a bad one of it. */
export interface OpenLocks extends Open<LockHistory> {
  attempts: Open<LockAttempt>[];
  writes: Open<LockWrite>[];
  breaks: LockHistory["breaks"][number][];
  freezes: LockHistory["freezes"][number][];
  rewinds: LockHistory["rewinds"][number][];
}

/** Moments by the ms; each has a step of its own. */
const at = (ms: number) => ({ step: ms, ms });

type Part = Partial<LockAttempt> & Pick<LockAttempt, "id" | "begun" | "ended">;

function attempt(part: Part): LockAttempt {
  return {
    ...{ process: `p-${part.id}`, names: ["a"], mode: "exclusive", waitMs: 5_000, nested: false, end: "granted" },
    ...{ fences: {}, ...part },
  };
}

function write(of: string, fence: number, ms: number, part: Partial<LockWrite> = {}): LockWrite {
  const taken = { accepted: true, believed: true, held: true };
  return { attempt: of, name: "a", mode: "exclusive", fence, at: at(ms), ...taken, ...part };
}

/**
 * What may be seen where nothing is wrong: `x1` holds the lock, then the readers `s1` and `s2` together, then `x2`; `late` and
 * `gone` wait in vain; `c1` and `c2` wait for each other.
 */
export function goodLocks(): OpenLocks {
  return {
    attempts: [
      attempt({ id: "x1", begun: at(1_000), ended: at(1_010), fences: { a: 1 }, left: at(2_000) }),
      attempt({ id: "s1", begun: at(1_100), ended: at(2_010), mode: "shared", fences: { a: 2 }, left: at(3_000) }),
      attempt({ id: "s2", begun: at(1_150), ended: at(2_011), mode: "shared", fences: { a: 2 }, left: at(3_500) }),
      attempt({ id: "x2", begun: at(1_900), ended: at(3_510), fences: { a: 3 }, left: at(4_000) }),
      attempt({ id: "late", begun: at(1_950), ended: at(2_050), waitMs: 100, end: "timeout" }),
      attempt({ id: "gone", begun: at(1_960), cancelled: at(2_100), ended: at(2_101), end: "cancelled" }),
      attempt({ id: "c1", begun: at(5_000), ended: at(5_200), names: ["b"], fences: { b: 5 }, left: at(5_300) }),
      attempt({ id: "c2", begun: at(5_020), ended: at(5_100), names: ["a"], end: "deadlock" }),
    ],
    writes: [
      write("x1", 1, 1_020),
      write("x1", 1, 1_990),
      write("s1", 2, 2_020, { mode: "shared" }),
      write("s2", 2, 2_030, { mode: "shared" }),
      write("s1", 2, 2_040, { mode: "shared" }),
      write("x2", 3, 3_520),
      write("x1", 1, 3_600, { accepted: false, believed: false, held: false }),
      write("x2", 3, 3_900),
    ],
    freezes: [],
    breaks: [],
    rewinds: [],
    calm: [{ fromMs: 0, toMs: 10_000 }],
    cycles: [{ attempts: ["c1", "c2"] }],
    left: { locks: [], sessions: [], actors: [] },
  };
}
