import { describe, expect, it } from "vitest";
import type { LockReport } from "../ops/locks.js";
import { brokenText, locksText } from "./locks-print.js";

const holder = (worker: string, claimed = true) => ({
  ...{ worker, claimed, request: `${worker}/k3x/1`, heldMs: 12_400 },
  remainingMs: claimed ? 9_800 : 1_500,
});
const waiter = (worker: string, mode: "exclusive" | "shared" = "exclusive") => ({
  ...{ worker, mode, request: `${worker}/k3x/2`, waitedMs: 3_200, remainingMs: 250_000 },
});
const held = (...holders: ReturnType<typeof holder>[]) => ({ mode: "exclusive", fence: 17, holders }) as const;

describe("locks for people", () => {
  it("shows who holds each, for how long, with which fence, and then who waits, first come first", () => {
    const locks: LockReport[] = [
      { name: "report", held: held(holder("w1")), waiting: [waiter("w3"), waiter("w2", "shared")] },
      { name: "tax", held: held(holder("w2", false)), waiting: [] },
    ];
    expect(locksText(locks)).toBe(
      "LOCK    MODE       WORKER  STATE    FOR     LEFT    FENCE\n" +
        "report  exclusive  w1      holds    12.4 s  9.8 s   17\n" +
        "report  exclusive  w3      waits    3.2 s   4m 10s  -\n" +
        "report  shared     w2      waits    3.2 s   4m 10s  -\n" +
        "tax     exclusive  w2      offered  12.4 s  1.5 s   17\n",
    );
  });

  it("shows who waits for a lock that nobody holds just now", () => {
    expect(locksText([{ name: "tax", waiting: [waiter("w2")] }])).toMatch(
      /\ntax +exclusive +w2 +waits +3.2 s +4m 10s +-\n$/,
    );
  });

  it("shows a wait that is over, but was not ended yet, without a minus", () => {
    const late = { ...waiter("w2"), remainingMs: -200 };
    expect(locksText([{ name: "tax", waiting: [late] }])).toMatch(/ 3\.2 s +0 µs +-\n$/);
  });

  it("says so when there is none", () => {
    expect(locksText([])).toBe("no lock is held or waited for\n");
  });

  it.each([
    ["nobody", [], "nobody waits for it"],
    ["the first who waits", [waiter("w2"), waiter("w3")], "w2"],
    ["no reader behind a writer", [waiter("w2"), waiter("w3", "shared")], "w2"],
    ["all readers before the next writer", [waiter("w2", "shared"), waiter("w3", "shared"), waiter("w4")], "w2, w3"],
    ["all readers where no writer waits", [waiter("w2", "shared"), waiter("w3", "shared")], "w2, w3"],
  ])("a lock that was broken goes to %s", (_, waiting, next) => {
    expect(brokenText({ name: "report", held: held(holder("w1")), waiting })).toBe(
      `broken: report, which w1 held; fence 17 is refused from now on\nnext: ${next}\n`,
    );
  });
});
