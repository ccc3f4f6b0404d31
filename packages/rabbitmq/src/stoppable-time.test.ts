import { describe, expect, it } from "vitest";
import { StoppableTime } from "./stoppable-time.js";

describe("StoppableTime", () => {
  it("leaves out the time for which it was stopped", () => {
    const clock = { at: 100, monotonic: () => clock.at };
    const time = new StoppableTime(clock);
    clock.at = 110;
    time.stop();
    clock.at = 500;
    expect(time.now).toBe(110);
    time.go();
    expect(time.now).toBe(110);
    clock.at = 505;
    expect(time.now).toBe(115);
  });

  it("is stopped once, however often it is said", () => {
    const clock = { at: 0, monotonic: () => clock.at };
    const time = new StoppableTime(clock);
    time.go();
    time.stop();
    clock.at = 10;
    time.stop();
    clock.at = 20;
    time.go();
    time.go();
    expect(time.now).toBe(0);
  });
});
