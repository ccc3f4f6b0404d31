import {
  InvalidArgumentsError,
  NotSendableError,
  OverloadedError,
  QueryEffectError,
  TurnEndedError,
} from "@actor-runtime/core";
import {
  Actor,
  ActorContext,
  Handler,
  inject,
  type LocalSystem,
  Query,
  State,
  systemActors,
  type TimerTime,
  Transactional,
} from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Gate, Rig, refusalOf, watch } from "./support.js";

const second = 1_000;

let rig: Rig;
let start: number;
let system: LocalSystem;
let gate: Gate;
/** What ran, with the time in ms since the start. */
let runs: { at: number; what: string }[];
/** What instances got from `timer`. */
let stops: Record<string, () => void>;
let failing: string | undefined;
/** Set in `onActivate`. */
let onWaking: TimerTime | undefined;
let wakingFails: boolean;

@Actor("Pulse", { partitions: 1, idleAfter: "1m" })
class Pulse {
  private readonly self = inject(ActorContext);
  @State() private ticked: string[] = [];

  onActivate(): void {
    if (onWaking) this.self.timer(onWaking, "tick", "woken");
    if (wakingFails) throw new Error("cannot wake");
  }
  @Handler() set(what: string, time: TimerTime, handler = "tick"): void {
    stops[what] = this.self.timer(time, handler, what);
  }
  @Handler() setMany(count: number): void {
    for (let i = 0; i < count; i++) this.self.timer({ in: "1h" }, "tick", "one of many");
  }
  @Handler() setAndFail(what: string, time: TimerTime): void {
    stops[what] = this.self.timer(time, "tick", what);
    throw new Error("on purpose");
  }
  @Handler() setAndStop(what: string, time: TimerTime): void {
    this.self.timer(time, "tick", what)();
  }
  @Handler() setWith(args: { list: string[] }): void {
    this.self.timer({ every: "1s" }, "change", args);
    args.list.push("changed by who set it");
  }
  @Handler() setFunction(): void {
    this.self.timer({ in: 1 }, "tick", () => {});
  }
  @Handler() change({ list }: { list: string[] }): void {
    this.note(list.join());
    list.push("changed by a tick");
  }
  @Handler() tick(what: string): void {
    this.note(what);
    this.ticked.push(what);
    if (what === failing) throw new Error("it fails");
  }
  @Handler() async tickSlowly(what: string): Promise<void> {
    this.note(what);
    await gate.pass();
    this.ticked.push(what);
  }
  @Handler({ timeout: "2s" }) async hang(what: string): Promise<void> {
    this.note(what);
    await new Promise(() => {});
  }
  @Handler() idle(what: string): void {
    this.note(what);
  }
  @Handler() describe(): void {
    const { attempt, idempotencyKey, deadline, reminder } = this.self;
    this.note(JSON.stringify({ attempt, idempotencyKey, deadline, reminder }));
  }
  @Handler() async askOther(what: string): Promise<void> {
    this.note(`${what} ${await this.self.ref(Counter, "c").next()}`);
    this.self.ref(Pulse, "told").tell.tick(what);
  }
  @Handler() async busy(): Promise<void> {
    await gate.pass();
  }
  @Handler() stop(what: string): void {
    stops[what]!();
    if (what === failing) throw new Error("it fails");
  }
  @Handler() leave(): void {
    this.self.deactivate();
  }
  @Handler() end(): void {
    this.self.destroy();
  }
  @Handler() @Transactional("join") only(): void {}
  @Handler() @Transactional() move(): void {}
  @Handler() @Transactional("create") async together(what: string): Promise<void> {
    this.self.timer({ in: "1s" }, "tick", what);
    await this.self.ref(Counter, "c").next();
    if (what === failing) throw new Error("it fails");
  }
  @Query() all(): string[] {
    return this.ticked;
  }
  @Query() wrong(): void {
    this.self.timer({ in: 1 }, "tick");
  }

  private note(what: string): void {
    runs.push({ at: this.self.now() - start, what });
  }
}

@Actor("Counter", { partitions: 1 })
class Counter {
  @State() private count = 0;

  @Handler() next(): number {
    return ++this.count;
  }
}

const pulse = (key = "a") => system.ref(Pulse, key);
const times = (what?: string) => runs.filter((run) => what === undefined || run.what === what).map(({ at }) => at);
const activations = () => system.describe().types.find(({ name }) => name === "Pulse")?.activations;

beforeEach(async () => {
  rig = new Rig();
  runs = [];
  stops = {};
  failing = undefined;
  onWaking = undefined;
  wakingFails = false;
  gate = new Gate();
  start = rig.clock.now();
  system = await rig.host([Pulse, Counter, ...systemActors]);
});

async function done<T>(call: Promise<T>): Promise<T> {
  const watched = watch(call);
  await rig.settle();
  await rig.advance(20);
  await watched.end();
  if (watched.state === "rejected") throw watched.error;
  return watched.value!;
}

async function closed(): Promise<void> {
  const closing = system.close({ drainTimeout: 100 });
  await rig.advance(5 * second);
  await closing;
}

describe("a timer", () => {
  it("P4: runs its handler once after a time, as a turn that commits what it changed", async () => {
    await done(pulse().set("once", { in: "10s" }));
    await rig.advance(9_900);
    expect(times()).toEqual([]);
    await rig.advance(60 * second);
    expect(times("once")).toEqual([10_000]);
    await done(pulse().leave());
    expect(await done(pulse().all())).toEqual(["once"]);
  });

  it("runs it after each period, and keeps to its times however long a turn takes", async () => {
    await done(pulse().set("beat", { every: "10s" }, "tickSlowly"));
    await rig.advance(14 * second);
    gate.open();
    await rig.advance(26 * second);
    expect(times("beat")).toEqual([10_000, 20_000, 30_000, 40_000]);
  });

  it("leaves a tick out that finds the last one still waiting", async () => {
    await done(pulse().set("beat", { every: "10s" }));
    const busy = watch(pulse().with({ timeout: "60s" }).busy());
    await rig.advance(45 * second);
    expect(times()).toEqual([]);
    gate.open();
    await rig.settle();
    expect(times()).toHaveLength(1);
    await rig.advance(6 * second);
    expect(times()).toEqual([expect.any(Number), 50_000]);
    expect(busy.state).toBe("resolved");
  });

  it("has one tick wait while another of it runs", async () => {
    await done(pulse().set("beat", { every: "10s" }, "tickSlowly"));
    await rig.advance(55 * second);
    expect(times()).toEqual([10_000]);
    gate.open();
    await rig.settle();
    expect(times()).toHaveLength(2);
  });

  it("gets its arguments as they were, at each tick", async () => {
    await done(pulse().setWith({ list: ["given"] }));
    await rig.advance(2 * second + 100);
    expect(runs.map(({ what }) => what)).toEqual(["given", "given"]);
  });

  it("has turns without an identity: their asks are new ones each time, and their tells leave with the commit", async () => {
    await done(pulse().set("ask", { every: "1s" }, "askOther"));
    await done(pulse("b").set("", { in: "1s" }, "describe"));
    await rig.advance(2 * second + 100);
    expect(runs.filter(({ what }) => what.startsWith("ask ")).map(({ what }) => what)).toEqual(["ask 1", "ask 2"]);
    expect(runs.map(({ what }) => what)).toContain('{"attempt":1}');
    expect(await done(pulse("told").all())).toEqual(["ask", "ask"]);
  });

  it("commits nothing when its turn changed nothing", async () => {
    await closed();
    let commits = 0;
    system = await rig.host([Pulse], {
      process: "counted",
      ports: (given) => {
        const { store } = given;
        const commit: typeof store.commit = (...args) => {
          commits++;
          return store.commit(...args);
        };
        const counting = new Proxy(store, {
          get: (target, name) => {
            const member: unknown = name === "commit" ? commit : Reflect.get(target, name);
            return typeof member === "function" ? (member.bind(target) as unknown) : member;
          },
        });
        return { ...given, store: counting };
      },
    });
    await done(pulse().set("quiet", { every: "1s" }, "idle"));
    await rig.advance(100);
    const before = commits;
    await rig.advance(10 * second);
    expect(times("quiet").length).toBeGreaterThanOrEqual(10);
    expect(commits).toBe(before);
  });
});

describe("a timer starts", () => {
  it("P4: when its turn commits, and never when that fails", async () => {
    await expect(done(pulse().setAndFail("never", { in: "1s" }))).rejects.toThrow("on purpose");
    stops["never"]!();
    await rig.advance(60 * second);
    expect(times()).toEqual([]);
  });

  it("in onActivate, when that returns", async () => {
    onWaking = { every: "10s" };
    expect(await done(pulse().all())).toEqual([]);
    await rig.advance(25 * second);
    expect(times("woken")).toHaveLength(2);
  });

  it("never, when onActivate fails", async () => {
    onWaking = { every: "1s" };
    wakingFails = true;
    await expect(done(pulse().all())).rejects.toThrow("cannot wake");
    await rig.advance(10 * second);
    expect(times()).toEqual([]);
  });

  it("P9: when the transaction commits that it was set in, and never when that is aborted", async () => {
    const kept = system.transaction(async (tx) => {
      await tx.ref(pulse("x")).set("kept", { in: "1s" });
      await tx.ref(pulse("y")).set("kept", { in: "1s" });
    });
    await rig.advance(100);
    await kept;
    const aborted = refusalOf(
      system.transaction(async (tx) => {
        await tx.ref(pulse("x")).set("aborted", { in: "1s" });
        throw new Error("no");
      }),
    );
    await rig.advance(100);
    await aborted;
    await rig.advance(60 * second);
    expect(runs.map(({ what }) => what)).toEqual(["kept", "kept"]);
  });

  it("P9: as part of a transaction that the turn itself began", async () => {
    await done(pulse().together("kept"));
    failing = "aborted";
    await expect(done(pulse().together("aborted"))).rejects.toThrow("it fails");
    await rig.advance(10 * second);
    expect(runs.map(({ what }) => what)).toEqual(["kept"]);
  });
});

describe("a timer is cancelled", () => {
  it("at once, and for good", async () => {
    await done(pulse().set("beat", { every: "1s" }));
    await rig.advance(2_500);
    await done(pulse().stop("beat"));
    const before = runs.length;
    await done(pulse().stop("beat"));
    await rig.advance(10 * second);
    expect(runs).toHaveLength(before);
  });

  it("before it starts, in the turn that made it", async () => {
    await done(pulse().setAndStop("never", { in: "1s" }));
    await rig.advance(10 * second);
    expect(times()).toEqual([]);
  });

  it("with its tick that waits; what waits behind that goes on", async () => {
    await done(pulse().set("beat", { every: "1s" }));
    await done(pulse().set("other", { in: "2s" }));
    void watch(pulse().busy());
    await rig.advance(5 * second);
    stops["beat"]!();
    gate.open();
    await rig.settle();
    expect(runs.map(({ what }) => what)).toEqual(["other"]);
  });

  it("also when the turn fails that cancelled it, for nothing of a timer is part of a commit", async () => {
    await done(pulse().set("beat", { every: "1s" }));
    failing = "beat";
    await expect(done(pulse().stop("beat"))).rejects.toThrow("it fails");
    await rig.advance(10 * second);
    expect(times()).toEqual([]);
  });
});

describe("a tick that fails", () => {
  it("P4: leaves nothing but a line in the log: it is not tried again, and no dead letter; the timer goes on", async () => {
    failing = "beat";
    await done(pulse().set("beat", { every: "10s" }));
    await rig.advance(25 * second);
    expect(times()).toEqual([10_000, 20_000]);
    expect(rig.logged("error")).toEqual(["Pulse/a.tick failed: it fails", "Pulse/a.tick failed: it fails"]);
    expect(await rig.deadLetters("Pulse")).toEqual([]);
    expect(await done(pulse().all())).toEqual([]);
  });

  it("counts for the brake of its type, which holds ticks as it holds other turns", async () => {
    failing = "beat";
    await done(pulse().set("beat", { every: "100ms" }));
    await rig.advance(6 * second);
    expect(rig.logged("error").some((line) => line.includes("Pulse is braked"))).toBe(true);
    const before = runs.length;
    await rig.advance(10 * second);
    expect(runs.length - before).toBeGreaterThanOrEqual(1);
    expect(runs.length - before).toBeLessThanOrEqual(3);
    failing = undefined;
    await rig.advance(10 * second);
    expect(runs.length - before).toBeGreaterThan(20);
  });

  it("by running out of its time takes the instance with it, and the timers of that", async () => {
    await done(pulse().set("hang", { every: "10s" }, "hang"));
    await done(pulse().set("beat", { every: "5s" }));
    await rig.advance(60 * second);
    expect(times("hang")).toEqual([10_000]);
    expect(times("beat")).toEqual([5_020]);
    expect(await done(pulse().all())).toEqual(["beat"]);
  });
});

describe("timers are gone with their instance", () => {
  it("when it deactivates or destroys itself", async () => {
    await done(pulse().set("beat", { every: "1s" }));
    await done(pulse("b").set("beat", { every: "1s" }));
    await done(pulse().leave());
    await done(pulse("b").end());
    await rig.advance(10 * second);
    expect(times()).toEqual([]);
  });

  it("with their ticks that wait", async () => {
    await done(pulse().set("beat", { every: "1s" }));
    await done(pulse().set("once", { in: "2s" }));
    void watch(pulse().busy());
    const left = watch(pulse().leave());
    await rig.advance(5 * second);
    gate.open();
    await rig.advance(10 * second);
    expect(left.state).toBe("resolved");
    expect(times()).toEqual([]);
    expect(await done(pulse().all())).toEqual([]);
  });

  it("which they do not keep in memory", async () => {
    await done(pulse().set("beat", { every: "10s" }));
    await rig.advance(59 * second);
    expect([activations(), times().length]).toEqual([1, 5]);
    await rig.advance(60 * second);
    expect(activations()).toBe(0);
    const before = runs.length;
    await rig.advance(60 * second);
    expect(runs).toHaveLength(before);
  });

  it("when it is erased by an operator, and when its worker crashes or the partition moves", async () => {
    await done(pulse().set("beat", { every: "1s" }));
    await done(system.actors.erase("Pulse/a"));
    await done(pulse().set("beat", { every: "1s" }));
    const other = await rig.host([Pulse], { process: "other" });
    await closed();
    system = other;
    const before = runs.length;
    await rig.advance(20 * second);
    expect(runs).toHaveLength(before);
    expect(await done(pulse().all())).toEqual(runs.map(() => "beat"));
  });
});

describe("a tick waits like any message", () => {
  it("P9: while a transaction holds its actor", async () => {
    await done(pulse().set("beat", { every: "1s" }));
    const held = watch(
      system.transaction(async (tx) => {
        await tx.ref(pulse()).tick("in it");
        await gate.pass();
      }),
    );
    await rig.advance(3_500);
    expect(times("beat")).toEqual([]);
    gate.open();
    await rig.advance(400);
    expect(held.state).toBe("resolved");
    expect(times("beat")).toHaveLength(1);
    await rig.advance(second);
    expect(times("beat")).toHaveLength(2);
  });

  it("while its type is paused", async () => {
    await done(pulse().set("beat", { every: "1s" }));
    const paused = system.actors.pause("Pulse");
    await rig.advance(500);
    await paused;
    await rig.advance(5 * second);
    const before = runs.length;
    await rig.advance(5 * second);
    expect(runs).toHaveLength(before);
    const resumed = system.actors.resume("Pulse");
    await rig.advance(10 * second);
    await resumed;
    expect(runs.length).toBeGreaterThan(before + 2);
  });

  it("P8: in memory, while what was sent is stored behind it so that the window is free", async () => {
    await closed();
    // The smallest window there is: four frames.
    system = await rig.host([Pulse], { process: "narrow", limits: { maxUnsettledBytes: 1 } });
    await done(pulse().set("beat", { every: "1s" }, "tickSlowly"));
    await rig.advance(3 * second);
    for (let i = 0; i < 20; i++) await pulse().tell.idle(`${i}`);
    const neighbour = watch(pulse("b").all());
    await rig.settle();
    expect(neighbour.state).toBe("pending");
    await rig.advance(2 * second);
    expect(neighbour.state).toBe("resolved");
    const stored = rig.world.store.snapshot().partitions.get("Pulse:g1:00")!.stored.get("Pulse/a")!;
    expect(stored.length).toBeGreaterThan(0);
    expect(stored.join()).not.toContain("tickSlowly");
    gate.open();
    await rig.advance(500);
    expect(runs.map(({ what }) => what)).toEqual(["beat", ...Array.from({ length: 20 }, (_, i) => `${i}`), "beat"]);
  });
});

describe("a timer is refused", () => {
  it("in a query, and outside of a turn", async () => {
    await expect(done(pulse().wrong())).rejects.toThrow(QueryEffectError);
    @Actor("Early")
    class Early {
      readonly stop = inject(ActorContext).timer({ in: 1 }, "tick");
      @Handler() tick(): void {}
    }
    await closed();
    system = await rig.host([Early], { process: "early" });
    await expect(done(system.ref(Early, "a").tick())).rejects.toThrow(TurnEndedError);
  });

  it("P12: beyond 100 of one instance", async () => {
    await done(pulse().setMany(60));
    await expect(done(pulse().setMany(41))).rejects.toThrow(OverloadedError);
    await done(pulse().setMany(40));
    await expect(done(pulse().set("more", { in: 1 }))).rejects.toThrow(
      "Pulse/a: timer: it has 100 timers already; cancel some",
    );
    await done(pulse("b").setMany(100));
    await rig.advance(3_601 * second);
    await done(pulse().setMany(100));
  });

  it.each<[unknown, string, string]>([
    [{ in: 1 }, "nothing", 'there is no handler "nothing"'],
    [{ in: 1 }, "all", "all is a query"],
    [{ in: 1 }, "only", 'only is @Transactional("join")'],
    [{ in: 1 }, "move", "move is @Transactional, and a timer is in memory only"],
    [{ in: "25d" }, "tick", 'in: must be at most "24d"; set a reminder'],
    [{ every: "9ms" }, "tick", 'every: must be at least "10ms"'],
    [{ every: "soon" }, "tick", 'every: "soon" is no duration'],
    [{ at: 1 }, "tick", "give one of in and every"],
    [{ in: 1, every: 10 }, "tick", "give one of in and every"],
    [{ every: 10, missed: "all" }, "tick", "give one of in and every"],
    ["1s", "tick", "give one of in and every"],
    [null, "tick", "give one of in and every"],
  ])("P13: %j of %s, by what is wrong", async (time, handler, message) => {
    const refusal = done(pulse().set("no", time as TimerTime, handler));
    await expect(refusal).rejects.toThrow(InvalidArgumentsError);
    await expect(refusal).rejects.toThrow(`Pulse/a: timer: ${message}`);
  });

  it("P13: with what cannot travel", async () => {
    await expect(done(pulse().setFunction())).rejects.toThrow(NotSendableError);
  });
});
