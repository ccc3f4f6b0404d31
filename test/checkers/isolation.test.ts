import { SeededRandom } from "@actor-runtime/embedded";
import {
  checkIsolation,
  describeTransactionViolation,
  type IsolationAnomaly,
  type ListOperation,
  type ListTransaction,
  type TransactionViolation,
} from "@actor-runtime/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { goodLists, type OpenTransaction } from "./good-lists.js";
import { type IsolationMistake, isolationMistakes } from "./mistakes/isolation.js";

const numRuns = 500;
const goodHistoriesToTry = 50;
const seeds = fc.integer({ min: 1, max: 2 ** 31 });

const described = (history: readonly ListTransaction[]) => checkIsolation(history).map(describeTransactionViolation);

describe("P9: the checker of isolation", () => {
  it(`accepts ${numRuns} histories under two-phase locking`, () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(described(goodLists(seed))).toEqual([]);
      }),
      { numRuns },
    );
  });

  it.each(isolationMistakes)(`finds ${numRuns} times $anomaly: $title`, (mistake) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { history, about } = badLists(mistake, seed);
        const found = checkIsolation(history).filter(({ anomaly }) => anomaly === mistake.anomaly);
        const named = found.filter(({ transactions }) => about.every(({ id }) => transactions.includes(id)));
        expect(named).not.toEqual([]);
      }),
      { numRuns },
    );
  });

  it("is done with 5,000 transactions within two seconds of computing, whether they are good or bad", () => {
    const history = goodLists(1, {
      transactions: 5_000,
      processes: 8,
      keys: Array.from({ length: 50 }, (_, i) => `k${i}`),
    });
    expect(taking(() => expect(described(history)).toEqual([]))).toBeLessThan(2_000);
    const mistake = isolationMistakes.find(({ title }) => title === "a write skew")!;
    mistake.make(history, ([first]) => first);
    expect(taking(() => expect(described(history)).toHaveLength(1))).toBeLessThan(2_000);
  });

  it("refuses a history in which two appends have one value", () => {
    const history = [transaction("t1", 1, 2, "x 1"), transaction("t2", 3, 4, "y 1")];
    expect(() => checkIsolation(history)).toThrow(new RangeError("t2 and t1 append 1: values must be unique"));
  });
});

describe("P9: by hand,", () => {
  const cases: readonly [string, IsolationAnomaly, readonly ListTransaction[], string][] = [
    [
      "two transactions that append in opposite orders",
      "G0",
      [transaction("t1", 1, 9, "x 1", "y 2"), transaction("t2", 1, 9, "x 3", "y 4"), reads("t3", "x:1,3", "y:4,2")],
      "t2 appended 3 to x after t1 had appended to it; t1 appended 2 to y after t2 had appended to it",
    ],
    [
      "a read of what was aborted",
      "G1a",
      [{ ...transaction("t1", 1, 9, "x 1"), outcome: "aborted" }, transaction("t2", 3, 4, "x:1")],
      "t2 read 1 of x, which t1 appended and that aborted",
    ],
    [
      "a read in the middle of a transaction",
      "G1b",
      [transaction("t1", 1, 9, "x 1", "x 2"), transaction("t2", 3, 4, "x:1"), reads("t3", "x:1,2")],
      "t2 read [1] of x, to which t1 appended more",
    ],
    [
      "two that know of each other",
      "G1c",
      [transaction("t1", 1, 9, "x 1", "y:2"), transaction("t2", 1, 9, "y 2", "x:1")],
      "t2 read 1 of x, which t1 appended; t1 read 2 of y, which t2 appended",
    ],
    [
      "a read of half a transaction",
      "G-single",
      [transaction("t1", 1, 9, "x 1", "y 2"), transaction("t2", 1, 9, "x:1", "y:"), reads("t3", "y:2")],
      "t2 read y without 2, which t1 appended; t2 read 1 of x, which t1 appended",
    ],
    [
      "a write skew",
      "G2",
      [transaction("t1", 1, 9, "x:", "y 1"), transaction("t2", 1, 9, "y:", "x 2"), reads("t3", "x:2", "y:1")],
      "t1 read x without 2, which t2 appended; t2 read y without 1, which t1 appended",
    ],
    [
      "a stale read",
      "real-time",
      [transaction("t1", 1, 2, "x 1"), transaction("t2", 3, 9, "x:"), transaction("t3", 3, 9, "x:1")],
      "t1 had ended at 2 before t2 began at 3; t2 read x without 1, which t1 appended",
    ],
    [
      "an append that is gone",
      "lost append",
      [transaction("t1", 1, 2, "x 1"), transaction("t2", 3, 9, "x:")],
      "t1 appended 1 to x, and t2, which began later, does not see it, nor does anybody",
    ],
    [
      "two orders of one list",
      "incompatible orders",
      [transaction("t1", 1, 9, "x 1"), transaction("t2", 1, 9, "x 2"), reads("t3", "x:1,2"), reads("t4", "x:2,1")],
      "t4 read 2 of x where t3 read 1",
    ],
    [
      "a value that is there twice",
      "duplicate",
      [transaction("t1", 1, 2, "x 1"), reads("t2", "x:1,1")],
      "t2 read 1 of x twice",
    ],
    ["a value from nowhere", "unknown value", [reads("t1", "x:7")], "t1 read 7 of x, which nobody appended"],
    [
      "a transaction that does not see itself",
      "internal",
      [transaction("t1", 1, 2, "x 1", "x:")],
      "t1 read [] of x as its own after it had appended [1]",
    ],
  ];

  it.each(cases)("%s is %s", (_, anomaly, history, what) => {
    expect(checkIsolation(history)).toContainEqual({
      anomaly,
      transactions: expect.any(Array),
      what: expect.stringContaining(what),
    });
  });

  it("what is unknown has committed as a whole as soon as somebody sees some of it", () => {
    const unknown: ListTransaction = { ...transaction("t1", 1, 2, "x 1", "y 2"), outcome: "unknown" };
    expect(described([unknown, reads("t2", "x:", "y:")])).toEqual([]);
    expect(described([unknown, reads("t2", "x:1", "y:2")])).toEqual([]);
    expect(anomalies([unknown, reads("t2", "x:1", "y:")])).toEqual(["G-single"]);
  });

  it("what is unknown may commit long after its caller gave up", () => {
    const unknown: ListTransaction = { ...transaction("t1", 1, 2, "x 1"), outcome: "unknown" };
    expect(described([unknown, transaction("t2", 3, 4, "x:"), transaction("t3", 5, 6, "x:1")])).toEqual([]);
    expect(anomalies([unknown, transaction("t2", 3, 4, "x:1"), transaction("t3", 5, 6, "x:")])).toEqual(["real-time"]);
  });

  it("the cycle that is shown is the smallest", () => {
    const skew = [transaction("s1", 10, 19, "p:", "q 7"), transaction("s2", 10, 19, "q:", "p 8")];
    const long = [
      transaction("l1", 10, 19, "q:", "r 9"),
      transaction("l2", 10, 19, "r:", "s 6"),
      transaction("l3", 10, 19, "s:", "q 5"),
    ];
    const history = [...skew, ...long, transaction("r1", 20, 21, "p:8", "q:7,5", "r:9", "s:6")];
    const [found, ...more] = checkIsolation(history);
    expect(more).toEqual([]);
    expect(found).toMatchObject({ anomaly: "G2", transactions: ["s1", "s2"] });
  });

  it("a cycle says what each transaction did, and when", () => {
    const history = [transaction("t1", 1, 2, "x 1"), transaction("t2", 3, 9, "x:"), transaction("t3", 3, 9, "x:1")];
    expect(described(history)).toEqual([
      "P9: real-time (t1, t2): t1 had ended at 2 before t2 began at 3; t2 read x without 1, which t1 appended. " +
        "t1 by p-t1, 1–2, committed: append 1 to x; t2 by p-t2, 3–9, committed: read [] of x",
    ]);
  });
});

function badLists({ make, title }: IsolationMistake, seed: number) {
  const random = new SeededRandom(seed);
  for (let variant = 0; variant < goodHistoriesToTry; variant++) {
    const history = goodLists(seed + variant * 1_000_003);
    const about = make(history, (items) => items[Math.floor(random.next() * items.length)]);
    if (about !== undefined) return { history, about };
  }
  throw new Error(`no good history of seed ${seed} offers what "${title}" needs`);
}

function anomalies(history: readonly ListTransaction[]): TransactionViolation["anomaly"][] {
  return checkIsolation(history).map(({ anomaly }) => anomaly);
}

/** Operations: `x 1` appends 1 to x, `x:1,2` reads [1, 2] of x. */
function transaction(id: string, begun: number, ended: number, ...operations: string[]): OpenTransaction {
  return { id, process: `p-${id}`, begun, ended, outcome: "committed", operations: operations.map(operationOf) };
}

/** At the same time as others. */
function reads(id: string, ...operations: string[]): OpenTransaction {
  return transaction(id, 0, 99, ...operations);
}

function operationOf(text: string): ListOperation {
  const [key, values] = text.split(":");
  if (values !== undefined) return { kind: "read", key: key!, list: values.split(",").filter(Boolean).map(Number) };
  const [list, value] = text.split(" ");
  return { kind: "append", key: list!, value: Number(value) };
}

/** The ms of computing it takes, however busy the machine is otherwise. */
function taking(task: () => void): number {
  const begun = process.cpuUsage();
  task();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1_000;
}
