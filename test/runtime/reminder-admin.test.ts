import { AskTimeoutError, InvalidArgumentsError, UnknownTypeError } from "@actor-runtime/core";
import {
  Actor,
  ActorContext,
  Handler,
  inject,
  type LocalSystem,
  Query,
  type ReminderFilter,
  type ReminderReport,
  type ReminderTime,
  State,
  systemActors,
} from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Rig } from "./support.js";

const minute = 60_000;

let rig: Rig;
let start: number;
let system: LocalSystem;
let ticks: string[];
/** What running ticks wait for. */
let gate: Promise<void> | undefined;

@Actor("Plan", { partitions: 4 })
class Plan {
  private readonly self = inject(ActorContext);
  @State() private count = 0;

  @Handler() set(name: string, time: ReminderTime, ...args: unknown[]): void {
    this.self.reminders.set(name, time, "tick", ...args);
  }
  @Handler() async tick(what: string): Promise<void> {
    ticks.push(what);
    await gate;
    this.count++;
  }
  @Query() names(): string[] {
    return this.self.reminders.list().map(({ name }) => name);
  }
  @Query() counted(): number {
    return this.count;
  }
}

@Actor("Other", { mailbox: "Plan", partitions: 4 })
class Other extends Plan {}

beforeEach(async () => {
  rig = new Rig();
  start = rig.clock.now();
  ticks = [];
  gate = undefined;
  system = await rig.host([Plan, Other]);
});

const plan = (key: string) => system.ref(Plan, key);
const listed = async (filter?: ReminderFilter, of: LocalSystem = system) => {
  const found: ReminderReport[] = [];
  for await (const reminder of of.reminders.list(filter)) found.push(reminder);
  return found;
};
const named = async (filter?: ReminderFilter) => (await listed(filter)).map(({ name }) => name);
/** What comes of a promise while time goes on. */
const within = async <T>(ms: number, promise: Promise<T>): Promise<PromiseSettledResult<T>> => {
  const [[settled]] = await Promise.all([Promise.allSettled([promise]), rig.advance(ms)]);
  return settled;
};

describe("operators see reminders", () => {
  beforeEach(async () => {
    await plan("a").set("yearly", { in: "365d" });
    await plan("b").set("soon", { in: "5m" });
    await plan("b").set("later", { every: "10m", missed: "skip" });
    await plan("c").set("hourly", { cron: "0 * * * *", tz: "Europe/Berlin" });
    await system.ref(Other, "a").set("other", { in: "30m" });
  });

  it("of all actors, the earliest due first, with all but their arguments", async () => {
    const found = await listed();
    expect(found.map(({ dueAt }) => dueAt)).toEqual(found.map(({ dueAt }) => dueAt).toSorted((a, b) => a - b));
    const rest = { handler: "tick", missed: "once", tick: 1 };
    expect(found.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { ...rest, address: "Plan/c", name: "hourly", cron: "0 * * * *", tz: "Europe/Berlin", dueAt: expect.any(Number) },
      { ...rest, address: "Plan/b", name: "later", every: 10 * minute, missed: "skip", dueAt: start + 10 * minute },
      { ...rest, address: "Other/a", name: "other", dueAt: start + 30 * minute },
      { ...rest, address: "Plan/b", name: "soon", dueAt: start + 5 * minute },
      { ...rest, address: "Plan/a", name: "yearly", dueAt: start + 365 * 86_400_000 },
    ]);
  });

  it("of one type, one actor, some keys, some time, and no more than they ask for", async () => {
    expect(await named({ type: "Other" })).toEqual(["other"]);
    expect(await named({ address: "Plan/b" })).toEqual(["soon", "later"]);
    expect(await named({ address: "Plan/nobody" })).toEqual([]);
    expect(await named({ type: "Plan", prefix: "a" })).toEqual(["yearly"]);
    expect(await named({ dueBefore: new Date(start + 30 * minute), type: "Other" })).toEqual(["other"]);
    expect(await named({ dueBefore: start + 30 * minute - 1, type: "Other" })).toEqual([]);
    expect(await named({ limit: 1, address: "Plan/b" })).toEqual(["soon"]);
    await expect(named({ type: "Nothing" })).rejects.toThrow(UnknownTypeError);
  });

  it("without waking anybody, also from a client", async () => {
    await system.close();
    const client = await rig.host([], { process: "client" });
    expect(await listed({ type: "Plan", prefix: "b", limit: 1 }, client)).toMatchObject([{ name: "soon" }]);
    expect((await client.cluster.inspect()).reports).toEqual([]);
  });

  it("that are overdue, with how late they are", async () => {
    await system.actors.pause("Plan/b");
    await rig.advance(6 * minute);
    expect(await listed({ dueBefore: rig.clock.now() })).toMatchObject([{ name: "soon", overdueMs: minute }]);
    await system.actors.resume("Plan/b");
    await rig.advance(10_000);
    expect(await listed({ dueBefore: rig.clock.now() })).toEqual([]);
    expect(ticks).toHaveLength(1);
  });

  it("go on to their next tick", async () => {
    await rig.advance(10 * minute + 1_000);
    expect(await listed({ address: "Plan/b" })).toMatchObject([{ name: "later", tick: 2, dueAt: start + 20 * minute }]);
  });

  it("next of an actor that they inspect, from then on also in the past", async () => {
    const next = async (address: string) => (await system.cluster.inspectActor(address)).nextReminder;
    expect(await next("Plan/b")).toEqual({
      name: "soon",
      handler: "tick",
      dueAt: start + 5 * minute,
      inMs: 5 * minute,
    });
    expect(await next("Plan/nobody")).toBeUndefined();
    await system.actors.pause("Plan");
    await rig.advance(7 * minute);
    expect(await next("Plan/b")).toMatchObject({ name: "soon", inMs: -2 * minute });
  });
});

describe("operators cancel a reminder", () => {
  it("which does not tick any more, once and for all", async () => {
    await plan("a").set("beat", { every: "1m" }, "beat");
    await plan("a").set("stays", { in: "1m" }, "stays");
    expect(await system.reminders.cancel("Plan/a", "beat")).toBe(true);
    expect(await plan("a").names()).toEqual(["stays"]);
    expect(await named()).toEqual(["stays"]);
    await rig.advance(3 * minute);
    expect(ticks).toEqual(["stays"]);
    expect(await system.reminders.cancel("Plan/a", "beat")).toBe(false);
  });

  it("from a client, of an actor that is not in memory", async () => {
    await plan("a").set("beat", { every: "24h" });
    await system.close();
    const client = await rig.host([], { process: "client" });
    system = await rig.host([Plan, Other], { process: "again" });
    expect(await within(30_000, client.reminders.cancel("Plan/a", "beat"))).toEqual({
      status: "fulfilled",
      value: true,
    });
    expect(await listed()).toEqual([]);
  });

  it("P7: after a tick of it that runs", async () => {
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    await plan("a").set("beat", { every: "1m" }, "beat");
    await rig.advance(minute);
    const cancelled = system.reminders.cancel("Plan/a", "beat");
    await rig.settle();
    expect(await named()).toEqual(["beat"]);
    open();
    expect(await within(1_000, cancelled)).toMatchObject({ value: true });
    expect(await plan("a").counted()).toBe(1);
    await rig.advance(3 * minute);
    expect(ticks).toEqual(["beat"]);
  });

  it("P9: after the transaction that holds its actor", async () => {
    await rig.host(systemActors, { process: "coordinators" });
    await plan("a").set("beat", { every: "24h" });
    let commit = () => {};
    const decided = new Promise<void>((resolve) => {
      commit = resolve;
    });
    const transaction = system.transaction(async (tx) => {
      await tx.ref(Plan, "a").set("tentative", { in: "1h" });
      await decided;
    });
    await rig.advance(1_000);
    const cancelled = system.reminders.cancel("Plan/a", "tentative");
    await rig.advance(1_000);
    expect(await named()).toEqual(["beat"]);
    commit();
    await within(1_000, transaction);
    expect(await within(1_000, cancelled)).toMatchObject({ value: true });
    expect(await named()).toEqual(["beat"]);
  });

  it("unless it is declared in the class: the error says what to do instead", async () => {
    const cancelled = system.reminders.cancel("Plan/a", "@refresh");
    await expect(cancelled).rejects.toThrow(InvalidArgumentsError);
    await expect(cancelled).rejects.toThrow(
      'Plan/a: reminder "@refresh" is declared with @Every; take that out of class Plan, or stop all turns of the actor: actor-runtime pause Plan/a',
    );
  });

  it("that nobody ever set, or of nobody, and leave nothing behind", async () => {
    expect(await system.reminders.cancel("Plan/a", "beat")).toBe(false);
    expect(await system.actors.load("Plan/a")).toMatchObject({ state: undefined });
    await expect(system.reminders.cancel("Nothing/a", "beat")).rejects.toThrow(UnknownTypeError);
  });

  it("of a paused actor only once it may run again", async () => {
    await plan("a").set("beat", { every: "24h" });
    await system.actors.pause("Plan");
    await rig.advance(2_000);
    const refused = await within(40_000, system.reminders.cancel("Plan/a", "beat"));
    expect(refused).toMatchObject({ status: "rejected", reason: expect.any(AskTimeoutError) });
    expect(await named()).toEqual(["beat"]);
  });

  it("P13: nobody else can: the handler is unknown to whoever does not ask as an operator", async () => {
    await plan("a").set("beat", { every: "24h" });
    const call = { address: "Plan/a", handler: "$cancelReminder", args: ["beat"] };
    await expect(system.ask(call)).rejects.toThrow("$cancelReminder");
    await expect(system.tell(call)).rejects.toThrow("$cancelReminder");
    expect(await named()).toEqual(["beat"]);
  });
});
