import { describe, expect, it } from "vitest";
import { countText, durationText } from "./units.js";

describe("durations and counts for people", () => {
  it.each([
    [0, "0 µs"],
    [0.42, "420 µs"],
    [2.54, "2.5 ms"],
    [12.4, "12 ms"],
    [999.4, "999 ms"],
    [2_000, "2 s"],
    [3_250, "3.2 s"],
    [59_999, "59.9 s"],
    [60_000, "1m 0s"],
    [250_000, "4m 10s"],
    [7_500_000, "2h 5m"],
    [273_600_000, "3d 4h"],
  ])("%d ms is %s", (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  it("999.6 ms is not called 1000 ms", () => {
    expect(durationText(999.6)).toBe("0.9 s");
  });

  it("counts have separators", () => {
    expect(countText(1_234_567)).toBe("1,234,567");
  });
});
