import {
  Actor,
  ActorContext,
  Handler,
  inject,
  type LocalSystem,
  Query,
  type ReminderInfo,
  type ReminderTime,
  State,
  systemActors,
  Transactional,
} from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { frameOf, Rig, rawFrame } from "./support.js";

const second = 1_000;
const minute = 60_000;
const hour = 3_600_000;

let rig: Rig;
let start: number;
let system: LocalSystem;
let runs: { at: number; what: string }[];
let failures: number;

@Actor("Lax", { whileRetrying: "pass", partitions: 1, attempts: 9 })
class Lax {
  private readonly self = inject(ActorContext);
  @State() private ticked: string[] = [];

  @Handler() set(name: string, time: ReminderTime, handler = "tick", ...args: unknown[]): void {
    this.self.reminders.set(name, time, handler, ...args);
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
  @Query() list(): readonly ReminderInfo[] {
    return this.self.reminders.list();
  }
  @Query() all(): string[] {
    return this.ticked;
  }
}

@Actor("Other", { partitions: 1 })
class Other {
  @State() private n = 0;
  @Handler() add(): number {
    return ++this.n;
  }
}

/** State fields named so that their text looks like that of reminders. */
@Actor("Odd", { partitions: 1 })
class Odd {
  private readonly self = inject(ActorContext);
  @State() private first = 0;
  @State() private reminders: unknown = {};
  @State() private text = "";

  @Handler() put(reminders: unknown, text: string): void {
    this.reminders = reminders;
    this.text = text;
  }
  @Handler() set(name: string, time: ReminderTime, handler = "tick", ...args: unknown[]): void {
    this.self.reminders.set(name, time, handler, ...args);
  }
  @Handler() tick(): void {
    runs.push({ at: this.self.now() - start, what: this.self.reminder!.name });
    this.first++;
    if (failures > 0) {
      failures--;
      throw new Error("not yet");
    }
  }
  @Handler() @Transactional("create") async together(): Promise<void> {
    runs.push({ at: this.self.now() - start, what: this.self.reminder?.name ?? "called" });
    this.first++;
    this.self.reminders.set("made", { in: "1h" }, "tick");
    await this.self.ref(Other, "o").add();
    if (failures > 0) {
      failures--;
      throw new Error("not yet");
    }
  }
  @Handler() leave(): void {
    this.self.deactivate();
  }
  @Query() list(): readonly ReminderInfo[] {
    return this.self.reminders.list();
  }
  @Query() all(): unknown {
    return { first: this.first, reminders: this.reminders, text: this.text };
  }
}

let broken: boolean;

/** Shares its partition with {@link Odd}. */
@Actor("Broken", { partitions: 1, mailbox: "Odd" })
class Broken {
  private readonly self = inject(ActorContext);
  onActivate(): void {
    if (broken) throw new Error("it does not come to life");
  }
  @Handler() set(): void {
    this.self.reminders.set("t", { in: "10s" }, "tick");
  }
  @Handler() tick(): void {}
}

const lax = (key = "a") => system.ref(Lax, key);
const odd = (key = "a") => system.ref(Odd, key);

beforeEach(async () => {
  rig = new Rig();
  runs = [];
  failures = 0;
  broken = false;
  start = rig.clock.now();
  system = await rig.host([Lax, Odd, Broken, Other, ...systemActors]);
});

async function done<T>(call: Promise<T>): Promise<T> {
  const settled = call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  await rig.settle();
  await rig.advance(20);
  const result = await settled;
  if ("error" in result) throw result.error;
  return result.value;
}

describe("a tick that waits for its next attempt beside its actor's queue", () => {
  it("does not end its partition when its reminder is cancelled meanwhile", async () => {
    failures = 1;
    await done(lax().set("once", { in: "1s" }));
    await rig.advance(1_010);
    expect(runs).toHaveLength(1);
    expect(await done(lax().cancel("once"))).toBe(true);
    await rig.advance(minute);
    expect(rig.escaped).toEqual([]);
    expect(runs).toHaveLength(1);
    expect(await done(lax().all())).toEqual([]);
  });

  it("is not run beside it by the owner's look for overdue ticks, and its attempts are not counted anew", async () => {
    failures = 1_000;
    await done(lax().set("beat", { every: "10m" }));
    await rig.advance(15 * minute);
    expect(rig.escaped).toEqual([]);
    expect(runs).toHaveLength(9);
    expect(await rig.deadLetters("Lax")).toMatchObject([{ attempts: 9 }]);
  });
});

describe("state that looks like reminders", () => {
  it("stays what it is beside real ones", async () => {
    const fake = { version: 1, reminders: { x: { id: "x", tick: 1, dueAt: 0 } } };
    await done(odd().put({ a: 1, reminders: fake }, ',"reminders":{}}'));
    await done(odd().leave());
    expect(await done(odd().list())).toEqual([]);
    await done(odd().set("__proto__", { in: "10s" }));
    await done(odd().set("constructor", { in: "11s" }));
    await done(odd().set("10", { in: "12s" }));
    await done(odd().set("2", { in: "13s" }));
    await done(odd().set('a:b 🙂\u2028"\\', { in: "14s" }));
    await done(odd().leave());
    expect(await done(odd().list())).toHaveLength(5);
    failures = 2;
    await rig.advance(minute);
    expect(new Set(runs.map(({ what }) => what)).size).toBe(5);
    expect(await done(odd().list())).toEqual([]);
    expect(await done(odd().all())).toEqual({
      first: 5,
      reminders: { a: 1, reminders: fake },
      text: ',"reminders":{}}',
    });
    await done(odd().leave());
    expect(await done(odd().all())).toEqual({
      first: 5,
      reminders: { a: 1, reminders: fake },
      text: ',"reminders":{}}',
    });
  });
});

describe("a tick that begins a transaction", () => {
  it("takes effect once, and the reminder goes on", async () => {
    await done(odd().set("t", { every: "1m" }, "together"));
    await rig.advance(3 * minute + second);
    expect(runs).toHaveLength(3);
    expect(await done(odd().all())).toMatchObject({ first: 3 });
    expect(await done(odd().list())).toMatchObject([{ name: "made" }, { name: "t" }]);
    await done(odd().leave());
    expect(await done(odd().list())).toMatchObject([{ name: "made" }, { name: "t" }]);
  });
  it("is a dead letter when it fails too often, and leaves the actor as it was", async () => {
    failures = 5;
    await done(odd().set("t", { every: "1m" }, "together"));
    await rig.advance(minute + 50 * second);
    expect(await rig.deadLetters("Odd")).toHaveLength(1);
    expect(await done(odd().all())).toMatchObject({ first: 0 });
    await done(odd().leave());
    expect(await done(odd().list())).toMatchObject([{ name: "t" }]);
    await rig.advance(minute);
    expect(await done(odd().all())).toMatchObject({ first: 1 });
  });
});

describe("hints that nobody of ours sent", () => {
  it("P13: change nothing, and end nothing", async () => {
    await done(odd().set("t", { in: "1h" }));
    await done(odd("b").put({}, ""));
    const tick = { name: "t", id: "x", number: 1 };
    const base = { to: "Odd/a", kind: "tick", handler: "tick", args: [] };
    const bad = [
      { ...base },
      { ...base, tick: { name: 1 } },
      { ...base, tick },
      { ...base, tick, args: ["forged"] },
      { ...base, tick, handler: "all" },
      { ...base, tick, handler: "nothing" },
      { ...base, tick, to: "Odd/unknown" },
      { ...base, tick, to: "Gone/a" },
      { ...base, tick, to: "nonsense" },
      { ...base, tick, to: "" },
      { ...base, tick: { ...tick, name: "__proto__" } },
      { ...base, tick, tx: { id: "a:1", since: 0, until: 1e15 } },
      { ...base, tick, replyTo: "main", call: "1" },
      { ...base, tick, id: "u:1", dueAt: 1e14 },
    ];
    for (const message of bad) await rig.publish("Odd:g1:00", rawFrame([], JSON.stringify([message])));
    await rig.settle();
    await rig.advance(second);
    expect(rig.escaped).toEqual([]);
    expect(runs).toEqual([]);
    await rig.advance(hour + second);
    expect(runs).toHaveLength(1);
  });

  it("P13: are dead letters with their cause when they are told and say to be a tick", async () => {
    await done(odd().set("t", { in: "1h" }));
    const told = { to: "Odd/a", handler: "tick", tick: { name: "t", id: "x", number: 1 }, dueAt: rig.clock.now() + 1 };
    await rig.publish("Odd:g1:00", frameOf({ stream: "1767225600000-stranger", first: 1, after: 0 }, [told]));
    await rig.advance(second);
    expect(rig.escaped).toEqual([]);
    expect(await rig.deadLetters("Odd")).toMatchObject([{ cause: { message: expect.stringContaining('"tick"') } }]);
  });
});

describe("alarms that nobody of ours set", () => {
  it("P13: ring once, and take no message with them that is sent at the same moment", async () => {
    const { alarms } = rig.world.connect("stranger");
    const tick = { name: "t", id: "x", number: 1 };
    const hints = [undefined, null, 5, [], {}, { to: "Odd/a", handler: "tick" }, { to: "Odd/a", tick }].map((hint) =>
      JSON.stringify(hint),
    );
    const dueAt = rig.clock.now() + second;
    await alarms.set(hints.map((hint, n) => ({ id: `forged-${n}`, partition: "Odd:g1:00", dueAt, hint })));
    await rig.advance(second);
    void odd().tell.put("told", "");
    await rig.advance(2 * minute);
    expect(rig.world.alarms).toBe(0);
    expect(await rig.deadLetters("Odd")).toEqual([]);
    expect(await done(odd().all())).toMatchObject({ reminders: "told" });
    expect(rig.logged("warn")).toHaveLength(hints.length);
  });
});

describe("overdue ticks whose alarms are lost", () => {
  it("P8: run although a thousand others of their partition cannot", async () => {
    for (let n = 0; n < 1_000; n++) void system.ref(Broken, `${n}`).tell.set();
    await rig.advance(second);
    await done(odd().set("late", { in: "10s" }));
    rig.world.loseAlarms();
    await system.crash("Broken/0");
    broken = true;
    await rig.advance(30 * second);
    expect(runs).toMatchObject([{ what: "late" }]);
  });
});
