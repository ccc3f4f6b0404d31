import { describe, expect, it } from "vitest";
import { ServiceTimes } from "./service-times.js";

function after(times: ServiceTimes, handler: string, ...runs: number[]): ServiceTimes {
  for (const ms of runs) times.add(handler, ms, 0);
  return times;
}

const repeated = (ms: number, count: number) => Array.from({ length: count }, () => ms);

describe("service times", () => {
  it("are the mean of each handler", () => {
    const times = after(after(new ServiceTimes(), "resize", 10, 20, 30), "crop", 5);
    expect(times.list(0)).toEqual([
      { handler: "resize", meanMs: 20, count: 3 },
      { handler: "crop", meanMs: 5, count: 1 },
    ]);
  });

  it("are all together the mean by how often each handler runs", () => {
    expect(after(after(new ServiceTimes(), "resize", 10, 20, 30), "crop", 4).meanMs(0)).toBe(16);
    expect(new ServiceTimes().meanMs(0)).toBeUndefined();
  });

  it("tell after 6 runs that a worker is ten times slower", () => {
    const times = after(new ServiceTimes(), "resize", ...repeated(10, 1_000));
    expect(after(times, "resize", ...repeated(100, 6)).meanMs(0)).toBeGreaterThan(30);
  });

  it("are hardly moved by one huge run", () => {
    const times = after(new ServiceTimes(), "resize", ...repeated(10, 1_000));
    expect(after(times, "resize", 60_000).meanMs(0)).toBeLessThan(15);
  });

  it("follow when every run is huge from then on", () => {
    const times = after(new ServiceTimes(), "resize", ...repeated(10, 1_000));
    expect(after(times, "resize", ...repeated(10_000, 200)).meanMs(0)).toBeGreaterThan(9_000);
  });

  it("stand for fewer runs the older they are, and for none in the end", () => {
    const times = after(new ServiceTimes(), "resize", ...repeated(10, 100));
    expect(times.list(60_000)).toEqual([{ handler: "resize", meanMs: 10, count: expect.closeTo(100 / Math.E) }]);
    expect(times.list(600_000)).toEqual([]);
  });

  it("begin anew when cleared", () => {
    const times = after(new ServiceTimes(), "resize", 10);
    times.clear();
    expect(after(times, "resize", 30).meanMs(0)).toBe(30);
  });

  it("P12: are kept for 64 handlers, those that run", () => {
    const times = after(new ServiceTimes(), "often", ...repeated(1, 10));
    for (let number = 0; number < 1_000; number++) times.add(`h${number}`, 1, number);
    const handlers = times.list(1_000).map(({ handler }) => handler);
    expect(handlers).toHaveLength(64);
    expect(handlers).toEqual(expect.arrayContaining(["often", "h999"]));
  });

  it("know runs that took no time", () => {
    expect(after(new ServiceTimes(), "resize", 0, 0, 0).meanMs(0)).toBe(0);
    expect(after(new ServiceTimes(), "resize", 0, 10).meanMs(0)).toBe(5);
  });
});
