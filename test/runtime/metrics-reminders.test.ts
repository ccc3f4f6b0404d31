import { counters, histograms, RejectedError } from "@actor-runtime/core";
import { RecordingTelemetry } from "@actor-runtime/embedded";
import {
  Actor,
  ActorContext,
  Handler,
  inject,
  type LocalSystem,
  type ReminderTime,
  State,
} from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { frameOf, Rig } from "./support.js";

const second = 1_000;
const hour = 3_600_000;

let rig: Rig;
let telemetry: RecordingTelemetry;
let system: LocalSystem;
let failures: number;

@Actor("Plan", { partitions: 1, attempts: 3 })
class Plan {
  private readonly self = inject(ActorContext);
  @State() private count = 0;

  @Handler() set(time: ReminderTime, handler = "tick"): void {
    this.self.reminders.set("a-name-that-is-no-label", time, handler);
  }
  @Handler() tick(): void {
    this.count++;
    if (failures > 0) {
      failures--;
      throw new Error("not yet");
    }
  }
  @Handler() refuse(): void {
    throw new RejectedError("never");
  }
}

const start = (process: string) => rig.host([Plan], { ports: (ports) => ({ ...ports, telemetry }), process });

beforeEach(async () => {
  rig = new Rig();
  telemetry = new RecordingTelemetry();
  failures = 0;
  system = await start("first");
});

/** How many ticks ended in which way. */
const outcomes = () => {
  const found: Record<string, number> = {};
  for (const { instrument, labels, value } of telemetry.counts) {
    if (instrument !== "actor.reminder.ticks") continue;
    expect(Object.keys(labels)).toEqual(counters[instrument].labels);
    expect(labels["type"]).toBe("Plan");
    const outcome = String(labels["outcome"]);
    found[outcome] = (found[outcome] ?? 0) + value;
  }
  return found;
};
const lateness = () => {
  const records = telemetry.records.filter(({ instrument }) => instrument === "actor.reminder.lateness");
  for (const { labels } of records) expect(labels).toEqual({ type: "Plan" });
  return records.map(({ value }) => value);
};

describe("of reminders", () => {
  it("each tick is counted once its commit is known, with how late its turn began", async () => {
    await system.ref(Plan, "a").set({ every: "10s" });
    expect([outcomes(), lateness()]).toEqual([{}, []]);
    await rig.advance(35 * second);
    expect(outcomes()).toEqual({ ok: 3 });
    expect(lateness()).toEqual([0, 0, 0]);
  });

  it("a tick that fails is late once, and counted with each attempt", async () => {
    failures = 1;
    await system.ref(Plan, "a").set({ in: "10s" });
    await rig.advance(5 * 60 * second);
    expect(outcomes()).toEqual({ retried: 1, ok: 1 });
    expect(lateness()).toEqual([0]);
  });

  it("a tick is dead when it fails too often, or refuses", async () => {
    failures = 3;
    await system.ref(Plan, "a").set({ in: "10s" });
    await system.ref(Plan, "b").set({ in: "10s" }, "refuse");
    await rig.advance(5 * 60 * second);
    expect(outcomes()).toEqual({ retried: 2, dead: 2 });
    expect(telemetry.counts.filter(({ instrument }) => instrument === "actor.dead_letters")).toHaveLength(2);
  });

  it("ticks that were missed are one that is late, or skipped", async () => {
    await system.ref(Plan, "once").set({ every: "1h" });
    await system.ref(Plan, "skip").set({ every: "1h", missed: "skip" });
    await system.close();
    await rig.advance(3.5 * hour);
    system = await start("second");
    await rig.advance(60 * second);
    expect(outcomes()).toEqual({ ok: 1, skipped: 1 });
    const [late = 0, ...others] = lateness();
    expect(others).toEqual([]);
    expect(late).toBeGreaterThanOrEqual(2.5 * 3_600);
    expect(late).toBeLessThan(2.5 * 3_600 + 60);
    expect(late).toBeLessThan(histograms["actor.reminder.lateness"].buckets.at(-1)!);
  });

  it("ticks of what was cancelled or set anew are stale", async () => {
    await system.ref(Plan, "a").set({ in: "1h" });
    const old = { name: "a-name-that-is-no-label", id: "other", number: 1 };
    const frame = frameOf({ stream: "", first: 1, after: 0 }, [
      { to: "Plan/a", kind: "tick", handler: "tick", tick: old },
    ]);
    await rig.publish("Plan:g1:00", frame);
    await rig.advance(second);
    expect([outcomes(), lateness()]).toEqual([{ stale: 1 }, []]);
  });
});
