import type { Clock } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import { StoreClock } from "./store-clock.js";

describe("the store's clock as a process knows it", () => {
  it("goes on by itself, and never falls when the store's own clock does", () => {
    let monotonic = 0;
    const clock = new StoreClock({ monotonic: () => monotonic } as Clock);
    expect(clock.micros).toBe(0);
    clock.saw(5_000_000);
    monotonic = 1_000;
    expect(clock.micros).toBe(6_000_000);
    clock.saw(2_000_000);
    expect(clock.micros).toBe(6_000_000);
    clock.saw(9_000_000);
    expect(clock.micros).toBe(9_000_000);
  });
});
