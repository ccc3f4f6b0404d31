import type { Alarm } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import { AlarmClock, type AlarmClockOptions } from "./alarm-clock.js";

const alarms = Array.from(
  { length: 300_000 },
  (_, n): Alarm => ({ id: `a-${n}`, partition: "P:g1:00", dueAt: n, hint: "" }),
);

describe("the alarms of one commit", () => {
  it("P12: are set up to a bound, however many they are", async () => {
    const set: number[] = [];
    const cancelled: number[] = [];
    const port = {
      set: async (some: readonly Alarm[]) => void set.push(some.length),
      cancel: async (ids: readonly string[]) => void cancelled.push(ids.length),
    };
    const clock = new AlarmClock({ ports: { alarms: port } } as unknown as AlarmClockOptions);
    clock.set(alarms);
    clock.cancel(alarms.map(({ id }) => id));
    await expect.poll(() => clock.idle).toBe(true);
    expect([set, cancelled]).toEqual([[100_000], [100_000]]);
  });
});
