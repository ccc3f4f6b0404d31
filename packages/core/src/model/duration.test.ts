import { describe, expect, it } from "vitest";
import { type Duration, durationMs } from "./duration.js";

describe("a duration", () => {
  it.each([
    [0, 0],
    [1.5, 1.5],
    ["250ms", 250],
    ["5s", 5_000],
    ["1.5s", 1_500],
    ["1m", 60_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
  ] as const)("of %j is %i ms", (duration, ms) => {
    expect(durationMs(duration, "timeout")).toBe(ms);
  });

  const huge = `${"9".repeat(400)}d`;
  it.each([-1, Number.NaN, Infinity, "", "5", "5 s", "-5s", "5S", "1e3ms", ".5s", "s", huge, null, undefined, 5n, {}])(
    "is not %s, and the error names the field",
    (wrong) => {
      expect(() => durationMs(wrong as Duration, "timeout")).toThrow(RangeError);
      expect(() => durationMs(wrong as Duration, "timeout")).toThrow(/^timeout: .* is no duration; write/);
    },
  );

  it("that is wrong is shown as it was given", () => {
    expect(() => durationMs(Number.NaN, "lease")).toThrow("lease: NaN is no duration");
    expect(() => durationMs("5 s", "lease")).toThrow('lease: "5 s" is no duration');
  });
});
