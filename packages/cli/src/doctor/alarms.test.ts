import { describe, expect, it } from "vitest";
import { alarmsCheck } from "./alarms.js";

const depth = { set: 3, due: 1, failed: 0, overdueMs: 0, paused: false };

describe("doctor on alarms", () => {
  it("finds alarms that ring, also when one is a little late", () => {
    expect(alarmsCheck(depth)).toEqual({ name: "alarms", status: "ok", finding: "3 set, 1 about to ring" });
    expect(alarmsCheck({ ...depth, overdueMs: 60_000 })).toMatchObject({ status: "ok" });
  });

  it.each([
    ["of which some ended without ringing", { failed: 2 }, "2 alarms ended", "bull-board"],
    ["that nobody listens for", { overdueMs: 61_000 }, "due for 1m", "start a worker"],
    ["that somebody paused", { paused: true, overdueMs: 61_000, failed: 2 }, "paused", "resume"],
  ])("warns of alarms %s, with the fix", (_, change, finding, fix) => {
    expect(alarmsCheck({ ...depth, ...change })).toEqual({
      name: "alarms",
      status: "warn",
      finding: expect.stringContaining(finding),
      fix: expect.stringContaining(fix),
    });
  });
});
