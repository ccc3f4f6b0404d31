import { expect, it } from "vitest";
import { percentiles } from "./percentile.js";

it("percentiles are times that were measured, in whatever order they came", () => {
  const times = Array.from({ length: 200 }, (_, n) => ((n * 7) % 200) + 1);
  expect(percentiles(times)).toEqual({ p50: 100, p99: 198 });
  expect(percentiles([3])).toEqual({ p50: 3, p99: 3 });
});
