import { type Alarms, InvalidArgumentsError, QueryEffectError } from "@actor-runtime/core";
import {
  Actor,
  ActorContext,
  Every,
  Handler,
  inject,
  type LocalSystem,
  Query,
  type ReminderInfo,
  type ReminderTime,
  State,
  systemActors,
} from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Rig } from "./support.js";

const second = 1_000;
const minute = 60_000;
const hour = 3_600_000;

let rig: Rig;
let start: number;
let system: LocalSystem;
/** What ticked, with the time in ms since the start, committed or not. */
let runs: { at: number; what: string }[];
let failures: number;

@Actor("Plan")
class Plan {
  private readonly self = inject(ActorContext);
  @State() private ticked: string[] = [];

  @Handler() set(name: string, time: ReminderTime, handler = "tick", ...args: unknown[]): void {
    this.self.reminders.set(name, time, handler, ...args);
  }
  @Handler() setAndFail(name: string, time: ReminderTime): void {
    this.self.reminders.set(name, time, "tick", name);
    throw new Error("on purpose");
  }
  @Handler() cancel(name: string): boolean {
    return this.self.reminders.cancel(name);
  }
  @Handler() tick(what = "tick"): void {
    runs.push({ at: this.self.now() - start, what });
    this.ticked.push(what);
    if (failures > 0) {
      failures--;
      throw new Error("not yet");
    }
  }
  @Handler() renewOnce(): void {
    const { name } = this.self.reminder!;
    this.tick(name);
    this.self.reminders.set(name, { in: "1h" }, "tick", "renewed");
  }
  @Handler() leave(): void {
    this.self.deactivate();
  }
  @Handler() end(): void {
    this.self.destroy();
  }
  @Query() list(): readonly ReminderInfo[] {
    return this.self.reminders.list();
  }
  @Query() wrong(): void {
    this.self.reminders.set("no", { in: "1s" }, "tick");
  }
  @Query() all(): string[] {
    return this.ticked;
  }
}

const plan = (key = "a") => system.ref(Plan, key);

beforeEach(async () => {
  rig = new Rig();
  runs = [];
  failures = 0;
  start = rig.clock.now();
  system = await rig.host([Plan]);
});

async function done<T>(call: Promise<T>): Promise<T> {
  const settled = call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  await rig.settle();
  const result = await settled;
  if ("error" in result) throw result.error;
  return result.value;
}

describe("a reminder", () => {
  it("ticks once after its time", async () => {
    await done(plan().set("wake", { in: "10s" }, "tick", "woken"));
    await rig.advance(9_990);
    expect(runs).toEqual([]);
    await rig.advance(hour);
    expect(runs).toEqual([{ at: 10_000, what: "woken" }]);
    expect(await done(plan().list())).toEqual([]);
    expect(await done(plan().all())).toEqual(["woken"]);
  });

  it("ticks after each period, however long its turns take", async () => {
    await done(plan().set("beat", { every: "10s" }));
    await rig.advance(35 * second);
    expect(runs.map(({ at }) => at)).toEqual([10_000, 20_000, 30_000]);
    expect(await done(plan().list())).toMatchObject([{ name: "beat", every: 10_000, dueAt: start + 40_000 }]);
  });

  it("wakes an actor that sleeps", async () => {
    await done(plan().set("wake", { in: "1h" }));
    await done(plan().leave());
    expect(system.describe().types.find(({ name }) => name === "Plan")?.activations).toBe(0);
    await rig.advance(hour + second);
    expect(runs).toHaveLength(1);
  });

  it("P4: does not exist when the turn that set it fails", async () => {
    await expect(done(plan().setAndFail("never", { in: "1s" }))).rejects.toThrow("on purpose");
    await rig.advance(hour);
    expect(runs).toEqual([]);
    expect(await done(plan().list())).toEqual([]);
  });

  it("is replaced by another of its name, and ends when it is cancelled", async () => {
    await done(plan().set("wake", { in: "10s" }, "tick", "first"));
    await done(plan().set("wake", { in: "20s" }, "tick", "second"));
    await rig.advance(15 * second);
    expect(runs).toEqual([]);
    await rig.advance(10 * second);
    expect(runs.map(({ what }) => what)).toEqual(["second"]);
    await done(plan().set("wake", { in: "10s" }));
    expect(await done(plan().cancel("wake"))).toBe(true);
    expect(await done(plan().cancel("wake"))).toBe(false);
    await rig.advance(hour);
    expect(runs).toHaveLength(1);
  });

  it("may be set anew by its own tick", async () => {
    await done(plan().set("renew", { in: "1h" }, "renewOnce"));
    await rig.advance(2 * hour + second);
    expect(runs.map(({ what }) => what)).toEqual(["renew", "renewed"]);
  });

  it("goes with its actor", async () => {
    await done(plan().set("wake", { in: "10s" }));
    await done(plan().end());
    await rig.advance(hour);
    expect(runs).toEqual([]);
    await done(plan().set("wake", { in: "10s" }));
    await done(system.actors.erase("Plan/a"));
    await rig.advance(hour);
    expect(runs).toEqual([]);
  });

  it("P1: is tried again when its tick fails, and ticks on", async () => {
    failures = 2;
    await done(plan().set("beat", { every: "1h" }));
    await rig.advance(2 * hour + 30 * second);
    expect(runs).toHaveLength(4);
    expect(await done(plan().all())).toHaveLength(2);
    expect(await rig.deadLetters("Plan")).toEqual([]);
  });

  it("P1: goes on although a tick became a dead letter, which may be sent again", async () => {
    failures = 5;
    await done(plan().set("beat", { every: "1h" }, "tick", "beat"));
    await rig.advance(hour + 10 * 60 * second);
    const letters = await rig.deadLetters("Plan");
    expect(letters).toMatchObject([{ address: "Plan/a", handler: "tick", attempts: 5, message: { args: ["beat"] } }]);
    await rig.advance(hour);
    expect(await done(plan().all())).toEqual(["beat"]);
    const retried = system.dead.retry({ type: "Plan" });
    await rig.settle();
    await retried;
    await rig.settle();
    expect(await done(plan().all())).toEqual(["beat", "beat"]);
  });

  it("P1: a one-shot reminder whose tick is dead is over", async () => {
    failures = 5;
    await done(plan().set("once", { in: "1s" }));
    await rig.advance(hour);
    expect(await rig.deadLetters("Plan")).toHaveLength(1);
    expect(await done(plan().list())).toEqual([]);
  });

  it("P1: each tick takes effect once although its alarm rings twice", async () => {
    await done(plan().set("wake", { in: "10s" }));
    await rig.advance(10 * second);
    const hint = rig.published.find(({ frame }) => frame.messages?.().some(({ kind }) => kind === "tick"))!;
    for (let copy = 0; copy < 3; copy++) await rig.publish(hint.to, hint.frame);
    await rig.settle();
    await rig.advance(hour);
    expect(runs).toHaveLength(1);
    expect(await done(plan().all())).toHaveLength(1);
  });

  it("has its alarm silenced when it is cancelled, and not once that rang", async () => {
    await closed();
    const silenced: string[] = [];
    const listened = (alarms: Alarms): Alarms => ({
      set: (all) => alarms.set(all),
      cancel: (ids) => {
        silenced.push(...ids);
        return alarms.cancel(ids);
      },
      listen: (ring) => alarms.listen(ring),
      close: () => alarms.close(),
    });
    system = await rig.host([Plan], {
      process: "listened",
      ports: ({ alarms, ...ports }) => ({ ...ports, alarms: listened(alarms) }),
    });
    await done(plan().set("once", { in: "1s" }));
    await rig.advance(10 * second);
    expect([runs.length, silenced]).toEqual([1, []]);
    await done(plan().set("once", { in: "1h" }));
    await done(plan().cancel("once"));
    expect(silenced).toHaveLength(1);
  });

  it("P1: ticks some seconds late when its alarm is lost", async () => {
    await closed();
    const lost: Partial<Alarms> = { set: async () => {}, cancel: async () => {}, listen: async () => async () => {} };
    system = await rig.host([Plan], {
      process: "deaf",
      ports: ({ alarms, ...ports }) => ({ ...ports, alarms: { close: () => alarms.close(), ...lost } as Alarms }),
    });
    const since = rig.clock.now() - start;
    await done(system.ref(Plan, "deaf-a").set("beat", { every: "1m" }));
    await done(system.ref(Plan, "deaf-b").set("beat", { every: "1m" }));
    await rig.advance(5 * 60 * second + 30 * second);
    expect(runs).toHaveLength(10);
    const lateness = runs.map(({ at }) => (at - since) % 60_000);
    expect(Math.max(...lateness)).toBeLessThanOrEqual(10_100);
    expect(Math.min(...lateness)).toBeGreaterThanOrEqual(5_000);
  });

  it("runs one tick for all that were missed while nobody lived", async () => {
    await done(plan().set("beat", { every: "1h" }));
    await closed();
    await rig.advance(10 * hour + 600 * second);
    system = await rig.host([Plan], { process: "later" });
    await rig.advance(20 * second);
    expect(runs).toHaveLength(1);
    await rig.advance(hour);
    expect(runs.map(({ at }) => Math.floor(at / hour))).toEqual([10, 11]);
  });

  it("runs all that were missed, or none, if it is told to", async () => {
    await done(plan("all").set("beat", { every: "1h", missed: "all" }, "tick", "all"));
    await done(plan("skip").set("beat", { every: "1h", missed: "skip" }, "tick", "skip"));
    await closed();
    await rig.advance(10 * hour + 600 * second);
    system = await rig.host([Plan], { process: "later" });
    await rig.advance(60 * second);
    expect(runs.filter(({ what }) => what === "all")).toHaveLength(10);
    expect(runs.filter(({ what }) => what === "skip")).toHaveLength(0);
    await rig.advance(hour);
    expect(runs.filter(({ what }) => what === "skip")).toHaveLength(1);
  });

  it("is not changed by queries", async () => {
    await expect(done(plan().wrong())).rejects.toThrow(QueryEffectError);
  });

  it("P13: is refused with what is wrong", async () => {
    await expect(done(plan().set("no", { in: "1s" }, "nothing"))).rejects.toThrow(InvalidArgumentsError);
    await expect(done(plan().set("@no", { in: "1s" }))).rejects.toThrow(/@/);
  });

  it("P9: set in a transaction, it exists when that commits, and not when it is aborted", async () => {
    await closed();
    system = await rig.host([Plan, ...systemActors], { process: "with transactions" });
    const kept = system.transaction(async (tx) => {
      await tx.ref(plan("x")).set("wake", { in: "10s" }, "tick", "kept");
      await tx.ref(plan("y")).set("wake", { in: "10s" }, "tick", "kept");
    });
    await rig.advance(100);
    await kept;
    const aborted = system
      .transaction(async (tx) => {
        await tx.ref(plan("x")).set("wake", { in: "5s" }, "tick", "aborted");
        throw new Error("no");
      })
      .catch(() => {});
    await rig.advance(100);
    await aborted;
    await rig.advance(60 * second);
    expect(runs.map(({ what }) => what)).toEqual(["kept", "kept"]);
  });
});

async function closed(): Promise<void> {
  const closing = system.close({ drainTimeout: 100 });
  await rig.advance(5 * second);
  await closing;
}

describe("a reminder of every actor of a class", () => {
  it("begins with the first turn, goes on with the class' newest declaration, and ends with it", async () => {
    @Actor("Daily")
    class Daily {
      private readonly self = inject(ActorContext);
      @State() private count = 0;
      @Handler() open(): void {}
      @Handler() fail(): void {
        throw new Error("on purpose");
      }
      @Every("1m") @Handler() settle(): void {
        runs.push({ at: this.self.now() - start, what: this.self.reminder!.name });
        this.count++;
      }
      @Query() list(): readonly ReminderInfo[] {
        return this.self.reminders.list();
      }
    }
    @Actor("Daily")
    class Hourly {
      private readonly self = inject(ActorContext);
      @State() private count = 0;
      @Handler() open(): void {}
      @Every({ cron: "*/2 * * * *" }) @Handler() settle(): void {
        runs.push({ at: this.self.now() - start, what: "anew" });
        this.count++;
      }
    }
    @Actor("Daily")
    class Never {
      @State() private count = 0;
      @Handler() open(): number {
        return this.count;
      }
    }
    await closed();
    system = await rig.host([Daily], { process: "first" });
    const since = rig.clock.now() - start;
    const ref = system.ref(Daily, "a");
    expect(await done(ref.list())).toEqual([]);
    await expect(done(ref.fail())).rejects.toThrow("on purpose");
    expect(await done(ref.list())).toEqual([]);
    await done(ref.open());
    await rig.advance(2 * minute + second);
    expect(runs).toEqual([
      { at: since + minute, what: "@settle" },
      { at: since + 2 * minute, what: "@settle" },
    ]);

    await closed();
    system = await rig.host([Hourly], { process: "second" });
    await done(system.ref(Hourly, "a").open());
    runs = [];
    await rig.advance(4 * minute);
    expect(runs).toHaveLength(2);
    for (const { at, what } of runs) expect([what, (start + at) % (2 * minute)]).toEqual(["anew", 0]);

    await closed();
    system = await rig.host([Never], { process: "third" });
    runs = [];
    await rig.advance(10 * minute);
    expect(runs).toEqual([]);
    expect(rig.logged("error")).toEqual([expect.stringContaining("on purpose")]);
    expect(await rig.deadLetters("Daily")).toEqual([]);
    const left: unknown[] = [];
    for await (const reminder of system.reminders.list({ type: "Daily" })) left.push(reminder);
    expect(left).toEqual([]);
  });
});

it("a worker stops although its alarm clock has never answered", async () => {
  await closed();
  const silent = { set: async () => {}, cancel: async () => {}, close: async () => {} };
  system = await rig.host([Plan], {
    process: "waiting",
    ports: (ports) => ({ ...ports, alarms: { ...silent, listen: () => new Promise(() => {}) } }),
  });
  await closed();
});
