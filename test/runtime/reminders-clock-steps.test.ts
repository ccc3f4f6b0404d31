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
import { Rig } from "./support.js";

const second = 1_000;
const minute = 60_000;
const hour = 3_600_000;
/** Workers hear of the store's time with each heartbeat, and the sweep comes every 5 s for what is late by 5 s. */
const noticed = 15 * second;

let rig: Rig;
let start: number;
let system: LocalSystem;
/** When they were due, and when they ran, by the store's clock, in ms since the start. */
let runs: { name: string; due: number; at: number }[];

@Actor("Timed")
class Timed {
  private readonly self = inject(ActorContext);
  @State() private ticks = 0;

  @Handler() set(name: string, time: ReminderTime): void {
    this.self.reminders.set(name, time, "tick");
  }
  @Handler() tick(): number {
    const { name, dueAt } = this.self.reminder!;
    runs.push({ name, due: dueAt - start, at: rig.clock.now() - start });
    this.ticks += 1;
    return this.ticks;
  }
}

beforeEach(async () => {
  rig = new Rig();
  runs = [];
  start = rig.clock.now();
  system = await rig.host([Timed]);
});

async function set(name: string, time: ReminderTime): Promise<void> {
  const call = system.ref(Timed, "a").set(name, time);
  await rig.settle();
  await call;
}

/** Sets the clock of the host on which everything runs. */
async function step(ms: number): Promise<void> {
  rig.clock.jumpWall(ms);
  await rig.advance(0);
}

const ran = (name: string) => runs.filter((run) => run.name === name);

describe("when the clock of the store and of all workers is set forward", () => {
  it("P1: what lies between is due at once, ticks once, and goes on at its usual times", async () => {
    await set("once", { in: "30m" });
    await set("beat", { every: "10m" });
    await set("all", { every: "10m", missed: "all" });
    await set("later", { in: "2h" });
    await rig.advance(5 * minute);
    expect(runs).toEqual([]);
    await step(hour);
    await rig.advance(noticed);
    expect(ran("once")).toMatchObject([{ due: 30 * minute }]);
    expect(ran("beat")).toMatchObject([{ due: 10 * minute }]);
    expect(ran("all").map(({ due }) => due)).toEqual([1, 2, 3, 4, 5, 6].map((n) => n * 10 * minute));
    await rig.advance(hour - noticed);
    expect(ran("once")).toHaveLength(1);
    expect(ran("beat").map(({ due }) => due / minute)).toEqual([10, 70, 80, 90, 100, 110, 120]);
    expect(ran("later").map(({ due }) => due / minute)).toEqual([120]);
    for (const { due, at } of runs) expect(at).toBeGreaterThanOrEqual(due);
  });
});

describe("when the clock of the store and of all workers is set back", () => {
  it("P1: what is due next waits for its time, and no tick comes twice or is left out", async () => {
    await set("once", { in: "10m" });
    await set("beat", { every: "1m" });
    await rig.advance(5 * minute + 30 * second);
    expect(ran("beat").map(({ due }) => due / minute)).toEqual([1, 2, 3, 4, 5]);
    await step(-hour);
    await rig.advance(hour);
    expect(ran("beat")).toHaveLength(5);
    await rig.advance(10 * minute);
    expect(ran("once")).toMatchObject([{ due: 10 * minute }]);
    expect(ran("beat").map(({ due }) => due / minute)).toEqual(Array.from({ length: 15 }, (_, n) => n + 1));
    for (const { due, at } of runs) expect(at).toBeGreaterThanOrEqual(due);
  });

  it("P1: and forward again, as when the mistake is mended, everything is at its time", async () => {
    await set("beat", { every: "1m", missed: "all" });
    await rig.advance(90 * second);
    await step(-hour);
    await rig.advance(10 * minute);
    await step(hour);
    await rig.advance(2 * minute);
    expect(ran("beat").map(({ due }) => due / minute)).toEqual(Array.from({ length: 13 }, (_, n) => n + 1));
    for (const { due, at } of runs) expect(at).toBeGreaterThanOrEqual(due);
  });
});
