import { ManualClock, SeededRandom } from "@actor-runtime/embedded";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { defaultLatency, drawLatency } from "./latency.js";
import { Wire } from "./wire.js";

it("carries everything in order, none before its time, and waits for nothing but what was sent before", async () => {
  const pauses = fc.array(fc.double({ min: 0, max: 30, noNaN: true }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.integer(), pauses, async (seed, sequence) => {
      const clock = new ManualClock();
      const random = new SeededRandom(seed);
      let drawn = 0;
      const wire = new Wire(clock, () => (drawn = drawLatency({ ...defaultLatency, slowPerMille: 200 }, random)));
      const arrivals: { number: number; at: number }[] = [];
      const due: number[] = [];
      for (const [number, pause] of sequence.entries()) {
        wire.carry(() => arrivals.push({ number, at: clock.monotonic() }));
        due.push(Math.max(due.at(-1) ?? 0, clock.monotonic() + drawn));
        while (clock.runNext(clock.monotonic() + pause));
      }
      while (clock.runNext(clock.monotonic() + defaultLatency.slowMs));
      expect(arrivals.map(({ number }) => number)).toEqual([...sequence.keys()]);
      for (const { number, at } of arrivals) expect(at).toBeCloseTo(due[number]!, 6);
    }),
  );
});
