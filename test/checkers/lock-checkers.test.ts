import {
  checkFencedEffects,
  checkLocks,
  describeLockViolation,
  findOverlaps,
  type LockAttempt,
  type LockWrite,
} from "@actor-runtime/testing";
import { describe, expect, it } from "vitest";
import type { Open } from "./good-history.js";
import { goodLocks, type OpenLocks } from "./good-locks.js";

const at = (ms: number) => ({ step: ms, ms });

function of(history: OpenLocks, id: string): Open<LockAttempt> {
  return history.attempts.find((attempt) => attempt.id === id)!;
}

function writeOf(history: OpenLocks, id: string, index = 0): Open<LockWrite> {
  return history.writes.filter(({ attempt }) => attempt === id)[index]!;
}

interface Mistake {
  readonly title: string;
  readonly make: (history: OpenLocks) => unknown;
  readonly found: RegExp;
}

const mistakes: readonly Mistake[] = [
  {
    title: "a write that is taken after a later holder's",
    make: (history) => (writeOf(history, "x1", 2).accepted = true),
    found: /lock a, attempt x1: wrote with fence 1 after 3 had written/,
  },
  {
    title: "writes of two holders that mix under one fence",
    make: (history) => {
      Object.assign(writeOf(history, "x1", 2), { accepted: true, fence: 3 });
    },
    found: /attempt x2: wrote again after attempt x1 had written/,
  },
  {
    title: "a fence that falls",
    make: (history) => (of(history, "x2").fences = { a: 1 }),
    found: /attempt x2: got fence 1 after 2 was granted/,
  },
  {
    title: "a fence that two holders get",
    make: (history) => (of(history, "x2").fences = { a: 2 }),
    found: /attempt x2: got fence 2, which attempt s1 had got before/,
  },
  {
    title: "readers side by side with fences of their own",
    make: (history) => {
      of(history, "s2").fences = { a: 3 };
      of(history, "x2").fences = { a: 4 };
    },
    found: /attempt s2: read with fence 3 beside attempt s1 with 2/,
  },
  {
    title: "a holder beside another who runs",
    make: (history) => (of(history, "x1").left = at(2_500)),
    found: /attempt s1: p-s1 got it while p-x1 acted as its holder in attempt x1/,
  },
  {
    title: "a holder who does not know that he is none",
    make: (history) => (writeOf(history, "x1", 1).held = false),
    found: /attempt x1: acted as its holder with fence 1 at 1990 ms, but was not by the store/,
  },
  {
    title: "a wait that goes on past its deadline",
    make: (history) => (of(history, "late").ended = at(2_600)),
    found: /attempt late: ended \(timeout\) 550 ms after its time/,
  },
  {
    title: "a wait that goes on past its cancellation",
    make: (history) => (of(history, "gone").ended = at(2_600)),
    found: /attempt gone: ended \(cancelled\) 500 ms after its time/,
  },
  {
    title: "a wait that never ends",
    make: (history) => (of(history, "late").end = "pending"),
    found: /attempt late: never ended for p-late/,
  },
  {
    title: "a queue overtaken by somebody who came later",
    make: (history) => (of(history, "x1").begun = at(500)) && (of(history, "x1").ended = at(3_550)),
    found: /attempt s1: got it while attempt x1 waited, which had asked 600 ms before/,
  },
  {
    title: "a wait for a lock that nobody holds",
    make: (history) => (of(history, "s2").left = of(history, "s1").left = at(2_400)),
    found: /attempt x2: got it only after 1110 ms in which nobody held it/,
  },
  {
    title: "a cycle in which nobody gives way",
    make: (history) => (of(history, "c2").end = "timeout"),
    found: /0 of a cycle got a DeadlockError/,
  },
  {
    title: "a cycle in which both give way",
    make: (history) => (of(history, "c1").end = "deadlock"),
    found: /2 of a cycle got a DeadlockError/,
  },
  {
    title: "a cycle that is found late",
    make: (history) => (of(history, "c2").ended = at(6_100)),
    found: /attempt c2: got its DeadlockError 1080 ms after the cycle was closed/,
  },
  {
    title: "a lock that stays held",
    make: (history) => (history.left = { ...history.left, locks: ["a"] }),
    found: /lock a: is held or waited for although everything has ended/,
  },
  {
    title: "a session that stays",
    make: (history) => (history.left = { ...history.left, sessions: ["s"] }),
    found: /session s is left/,
  },
  {
    title: "a lock actor that remembers",
    make: (history) => (history.left = { ...history.left, actors: ["$Lock/a"] }),
    found: /lock \$Lock\/a: its actor has state although nobody waits/,
  },
];

describe("P10: checkers of what was seen of locks", () => {
  it("accept a good history", () => {
    expect(checkLocks(goodLocks())).toEqual([]);
  });

  it.each(mistakes)("find $title", ({ make, found }) => {
    const history = goodLocks();
    make(history);
    expect(checkLocks(history).map(describeLockViolation)).toContainEqual(expect.stringMatching(found));
  });

  it("find an effect under a fence that follows one under a higher", () => {
    const effects = [
      { message: "m1", fence: 2 },
      { message: "m2" },
      { message: "m3", fence: 2 },
      { message: "m4", fence: 1 },
    ];
    const found = (count: number) =>
      checkFencedEffects({ finals: [{ address: "G/a", effects: effects.slice(0, count) }] });
    expect(found(3)).toEqual([]);
    expect(found(4).map(describeLockViolation)).toEqual([
      "P10: lock a: message m4, asked under fence 1, took effect at G/a after m3 under 2",
    ]);
  });
});

describe("a holder that overlaps another is found, and excused,", () => {
  const late = () => {
    const history = goodLocks();
    of(history, "x1").left = at(2_500);
    return history;
  };

  it.each<[string, (history: OpenLocks) => void]>([
    ["while it was frozen", ({ freezes }) => void freezes.push({ process: "p-x1", fromMs: 1_500, toMs: 2_400 })],
    ["when its lock was broken", ({ breaks }) => void breaks.push({ name: "a", begun: at(1_800), ended: at(1_850) })],
    ["where the store lost writes", ({ rewinds }) => void rewinds.push({ from: at(1_500), to: at(1_700) })],
  ])("%s", (_, excuse) => {
    const history = late();
    expect(checkLocks(history)).not.toEqual([]);
    excuse(history);
    expect(findOverlaps(history)).toHaveLength(2);
    expect(checkLocks(history)).toEqual([]);
  });
});
