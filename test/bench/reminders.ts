import type { Benchmark } from "./benchmark.js";
import { figuresOf } from "./own-process.js";
import { inNamespace } from "./real-services.js";
import type { TickPace } from "./ticks.js";

/** Reminders that are due all at once, and how late they are where they come one after the other, 1,000 each second. */
export const reminders: Benchmark = {
  name: "reminders",
  unit: "ticks/s",
  baselineName: "BullMQ's delayed jobs, one write to Redis each",
  target: {},
  also: { p50: "ms", p99: "ms" },
  run: async () => {
    const [ours, theirs] = await both(0);
    const [late, theirsLate] = await both(10_000);
    return {
      value: ours.perSecond,
      baseline: theirs.perSecond,
      also: {
        p50: { value: late.p50, baseline: theirsLate.p50 },
        p99: { value: late.p99, baseline: theirsLate.p99 },
      },
    };
  },
};

/** @param spreadMs within how many ms the ticks are due */
function both(spreadMs: number): Promise<readonly [ours: TickPace, theirs: TickPace]> {
  const args = [String(spreadMs)];
  return inNamespace(async (env) => [
    await figuresOf<TickPace>("reminder-process.js", { args, env }),
    await figuresOf<TickPace>("raw-reminder-process.js", { args, env }),
  ]);
}
