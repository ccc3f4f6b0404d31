import { expect, it } from "vitest";
import { retryAfterMs } from "./retry-after.js";

it.each([
  [10_000, 5, 5_000],
  [10_000, 0.01, 100],
  [10_000, 60_000, 30_000],
  [10_000, 0, 1_000],
])("with %d waiting, each of %d ms, says to come back in %d ms", (waiting, eachMs, expected) => {
  expect(retryAfterMs(waiting, eachMs)).toBe(expected);
});
