import { describe, expect, it } from "vitest";
import type { Try } from "./journal.js";
import { complaints, overtakings } from "./verdict.js";

const held = (client: string, asked: number, got: number, ended: number, fence: number, lost = false): Try => ({
  client,
  name: "report",
  asked,
  waitMs: 1_000,
  stallMs: 0,
  end: { is: "held", fence, got, ended, lost },
});
const failed = (client: string, asked: number, ended: number, stallMs = 0): Try => ({
  client,
  name: "report",
  asked,
  waitMs: 1_000,
  stallMs,
  end: { is: "failed", error: "LockTimeoutError", ended },
});
const nobody = new Set<string>();

describe("the verdict on how locks were held", () => {
  it("has nothing to say when one held it after the other, and whoever gave up did so in time", () => {
    const tries = [held("a/1", 0, 5, 10, 1), held("b/1", 3, 10, 20, 2), failed("a/2", 0, 1_200)];
    expect(complaints(tries, nobody)).toEqual([]);
    expect(overtakings(tries)).toEqual({ complaints: [], compared: 0 });
  });

  it.each<[string, Try[], string]>([
    [
      "two held it at once",
      [held("a/1", 0, 5, 20, 1), held("b/1", 3, 10, 30, 2)],
      "report: b/1 had it 10.0 ms before a/1 left",
    ],
    [
      "two had the same fence",
      [held("a/1", 0, 5, 10, 7), held("b/1", 3, 10, 20, 7)],
      "report: a/1 and b/1 both had fence 7",
    ],
    [
      "a fence fell",
      [held("a/1", 0, 5, 10, 9), held("b/1", 12, 13, 20, 8)],
      "report: the fence fell to 8 when b/1 came after a/1",
    ],
    [
      "one waited past its deadline",
      [failed("a/1", 0, 1_300)],
      "report: a/1 waited for 1300 ms, and its deadline was after 1000 ms",
    ],
    [
      "one got it past its deadline",
      [held("a/1", 0, 1_300, 1_310, 1)],
      "report: a/1 waited for 1300 ms, and its deadline was after 1000 ms",
    ],
  ])("finds that %s", (_, tries, complaint) => {
    expect(complaints(tries, nobody)).toContain(complaint);
  });

  it("does not blame who was struck, who knew that the lock was lost, or whose event loop stood still", () => {
    expect(complaints([held("a/1", 0, 5, 20, 1), held("b/1", 3, 10, 30, 2)], new Set(["a"]))).toEqual([]);
    expect(complaints([held("a/1", 0, 5, 20, 1, true), held("b/1", 3, 10, 30, 2)], nobody)).toEqual([]);
    expect(complaints([failed("a/1", 0, 1_300, 100)], nobody)).toEqual([]);
  });

  it("finds who overtook somebody that had clearly asked earlier and still waited", () => {
    const tries = [held("a/1", 0, 300, 310, 2), held("b/1", 150, 200, 210, 1), held("c/1", 400, 410, 420, 3)];
    expect(overtakings(tries)).toEqual({
      complaints: ["report: b/1 got it before a/1, who had asked 150 ms earlier"],
      compared: 1,
    });
  });
});
