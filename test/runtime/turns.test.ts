import {
  HandlerError,
  NotSendableError,
  RejectedError,
  StateVersionError,
  TooLargeError,
  TurnTimeoutError,
} from "@actor-runtime/core";
import { Actor, ActorContext, Handler, inject, type LocalSystem, Query, State } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Gate, Rig, refusalOf, watch } from "./support.js";

interface Profile {
  name: string;
  address: { city: string; tags: string[] };
}

let gate: Gate;
let second: Gate;
/** What actors report, in order. */
let events: unknown[];
let rig: Rig;

@Actor("Ledger", { partitions: 1 })
class Ledger {
  private readonly self = inject(ActorContext);
  @State() private balance = 0;
  @State() private readonly profile: Profile = { name: "", address: { city: "", tags: [] } };
  @State() private readonly limits = new Map<string, bigint>();
  @State() private readonly seen = new Set<string>();
  @State() private since = new Date(0);
  @State() private bytes = new Uint8Array(2);
  @State() private note: string | undefined;
  private cache = 0;

  @Handler() async failBeside(): Promise<void> {
    const later = async () => {
      await gate.pass();
      this.balance += 100;
    };
    await Promise.all([later(), Promise.reject(new Error("on purpose"))]);
  }
  @Handler() change(fail: boolean): void {
    this.balance += 1;
    this.profile.name = "changed";
    this.profile.address.tags.push("deep");
    this.limits.set("day", 10n);
    this.seen.add("x");
    this.since.setTime(77);
    this.bytes[1] = 9;
    this.note = "noted";
    this.cache++;
    if (fail) throw new Error("on purpose");
  }
  @Handler() async changeSlowly(fail: boolean): Promise<void> {
    this.change(false);
    await gate.pass();
    if (fail) throw new RejectedError("on purpose");
  }
  @Handler() add(amount: number): number {
    return (this.balance += amount);
  }
  @Handler() addAndFail(amount: number): void {
    this.balance += amount;
    throw new RejectedError("on purpose");
  }
  /** Tells, then asks an actor that reports, then tells again. */
  @Handler() async tellAskTell(): Promise<void> {
    const other = this.self.ref(Reporter, "r");
    other.tell.report("told first");
    await other.report("asked");
    other.tell.report("told last");
  }
  @Handler() throwing(kind: string): void {
    const thrown: Record<string, unknown> = {
      undefined: undefined,
      string: "plain text",
      bare: Object.create(null),
      hostile: Object.defineProperty(new Error(), "message", {
        get: () => {
          throw new Error("no message for you");
        },
      }),
      symbol: Symbol("thrown"),
    };
    this.balance = -1;
    throw thrown[kind];
  }
  @Handler() trap(): unknown {
    return new Proxy(
      {},
      {
        get: () => {
          throw new Error("nothing for you");
        },
      },
    );
  }
  @Handler() store(value: unknown): void {
    this.note = value as string;
  }
  @Handler() storeFunction(): void {
    this.balance = 5;
    (this.profile as unknown as Record<string, unknown>).print = () => 1;
  }
  @Handler() storeHuge(bytes: number): void {
    this.note = "x".repeat(bytes);
  }
  @Handler() reset(): void {
    this.balance = 0;
  }
  @Query() all(): unknown[] {
    const { balance, profile, limits, seen, since, bytes, note } = this;
    return [balance, profile, limits, seen, since, bytes, note];
  }
  @Query() isNew(): boolean {
    return this.self.isNew;
  }
}

const fresh = [
  0,
  { name: "", address: { city: "", tags: [] } },
  new Map(),
  new Set(),
  new Date(0),
  new Uint8Array(2),
  undefined,
];

@Actor("Reporter", { partitions: 1 })
class Reporter {
  @State() private count = 0;
  @Handler() report(what: string): number {
    events.push(what);
    return ++this.count;
  }
}

/** Runs out of its time, and goes on afterwards. */
@Actor("Zombie", { partitions: 1, attempts: 2 })
class Zombie {
  private readonly self = inject(ActorContext);
  @State() private count = 0;

  @Handler({ timeout: "5s" }) async never(): Promise<void> {
    this.count += 100;
    events.push(this.self.signal);
    await new Promise(() => {});
  }
  @Handler({ timeout: "5s" }) async goesOn(): Promise<number> {
    this.count += 100;
    await gate.pass();
    this.count += 1_000;
    const { self } = this;
    const attempts: Record<string, () => unknown> = {
      tell: () => self.ref(Reporter, "r").tell.report("from the dead"),
      ask: () => self.ref(Reporter, "r").report("from the dead"),
      destroy: () => self.destroy(),
      deactivate: () => self.deactivate(),
      signal: () => self.signal,
      headers: () => self.headers,
    };
    for (const [name, attempt] of Object.entries(attempts)) {
      try {
        await attempt();
        events.push(`${name} worked`);
      } catch (error) {
        events.push(`${name}: ${(error as Error).name}`);
      }
    }
    return this.count;
  }
  /** Ends in time, but leaves something running. */
  @Handler() leavesBehind(): void {
    void gate.pass().then(() => {
      try {
        this.self.ref(Reporter, "r").tell.report("from the dead");
      } catch (error) {
        events.push((error as Error).name);
      }
    });
  }
  @Handler() add(): number {
    return ++this.count;
  }
  @Query() async look(): Promise<number> {
    await gate.pass();
    return this.count;
  }
  @Query() current(): number {
    return this.count;
  }
}

/** Lives and dies with a trace. */
@Actor("Mayfly", { partitions: 1, idleAfter: "1m" })
class Mayfly {
  private readonly self = inject(ActorContext);
  @State() private born = 0;
  @State() private count = 0;

  async onActivate(): Promise<void> {
    events.push(`activate ${this.self.key}`);
    await Promise.resolve();
    if (this.self.isNew) this.born = this.self.now();
  }
  async onDeactivate(): Promise<void> {
    events.push(`deactivate ${this.self.key} at ${this.count}`);
    await second?.pass();
  }
  @Handler() add(): number {
    return ++this.count;
  }
  @Handler() fail(): void {
    this.count = -1;
    throw new RejectedError("on purpose");
  }
  @Handler() nothing(): void {}
  @Handler() leave(): number {
    this.self.deactivate();
    return ++this.count;
  }
  @Handler() destroy(): number {
    this.self.destroy();
    return ++this.count;
  }
  @Handler() destroyAndFail(): void {
    this.self.destroy();
    throw new RejectedError("on purpose");
  }
  @Handler() isNew(): boolean {
    return this.self.isNew;
  }
  @Handler() async slowly(): Promise<void> {
    await gate.pass();
  }
  @Query() state(): { born: number; count: number } {
    return { born: this.born, count: this.count };
  }
}

let fault: "constructor" | "onActivate" | "hang" | undefined;

@Actor("Fragile", { partitions: 1, attempts: 2 })
class Fragile {
  @State() private count = 0;
  constructor() {
    if (fault === "constructor") throw new Error("cannot be made");
  }
  async onActivate(): Promise<void> {
    if (fault === "onActivate") throw new Error("cannot come to life");
    if (fault === "hang") await new Promise(() => {});
  }
  @Handler() add(): number {
    return ++this.count;
  }
  @Query() current(): number {
    return this.count;
  }
}

/** Tells from its constructor, where there is no turn. */
@Actor("Eager", { partitions: 1 })
class Eager {
  private readonly self = inject(ActorContext);
  constructor() {
    this.self.ref(Reporter, "r").tell.report("from a constructor");
  }
  @Handler() poke(): void {}
}

@Actor("Poker", { partitions: 1 })
class Poker {
  private readonly self = inject(ActorContext);
  @Handler() async poke(): Promise<string> {
    return this.self
      .ref(Eager, "e")
      .poke()
      .then(
        () => "poked",
        (error: Error) => error.message,
      );
  }
}

const all = [Ledger, Reporter, Zombie, Mayfly, Fragile, Eager, Poker];
let system: LocalSystem;

beforeEach(async () => {
  gate = new Gate();
  second = new Gate();
  second.open();
  events = [];
  fault = undefined;
  rig = new Rig();
  system = await rig.host(all);
});

const ledger = () => system.ref(Ledger, "l");
const mayfly = () => system.ref(Mayfly, "m");
const zombie = () => system.ref(Zombie, "z");

describe("P4: a turn that throws leaves nothing behind", () => {
  it.each(["at once", "after an await"])("of state changed to any depth (%s)", async (when) => {
    const failing = watch(when === "at once" ? ledger().change(true) : ledger().changeSlowly(true));
    await rig.settle();
    gate.open();
    await failing.end();
    expect(failing.state).toBe("rejected");
    expect(await ledger().all()).toEqual(fresh);
    await ledger().change(false);
    await system.crash("Ledger/l");
    expect(await ledger().all()).toEqual([
      1,
      { name: "changed", address: { city: "", tags: ["deep"] } },
      new Map([["day", 10n]]),
      new Set(["x"]),
      new Date(77),
      new Uint8Array([0, 9]),
      "noted",
    ]);
  });

  it("and goes back to the last finished turn, not to the last commit (delivery.md C.1)", async () => {
    // The commit of the first turn is in flight while the others run.
    rig.world.store.failCommits(3, "before");
    const [first, failing, third] = [watch(ledger().add(1)), watch(ledger().addAndFail(50)), watch(ledger().add(5))];
    await rig.settle();
    expect([first.state, failing.state, third.state]).toEqual(["pending", "pending", "pending"]);
    await rig.advance(2_000);
    expect([first.value, failing.state, third.value]).toEqual([1, "rejected", 6]);
    await system.crash("Ledger/l");
    expect((await ledger().all())[0]).toBe(6);
  });

  it.each(["undefined", "string", "bare", "hostile", "symbol"])(
    "P13: and its worker lives on, whatever it throws (%s)",
    async (kind) => {
      const failing = watch(ledger().throwing(kind));
      await rig.settle();
      expect(rig.escaped).toEqual([]);
      expect(failing.error).toBeInstanceOf(HandlerError);
      expect(await ledger().add(1)).toBe(1);
    },
  );

  it("P13: and its worker lives on when the value it returns throws on inspection", async () => {
    const failing = watch(ledger().trap());
    await rig.settle();
    expect(rig.escaped).toEqual([]);
    expect(failing.state).toBe("rejected");
    expect(await ledger().add(1)).toBe(1);
  });

  it("also when a part of it that runs on assigns state afterwards", async () => {
    await ledger().add(1);
    const failing = watch(ledger().failBeside());
    await rig.settle();
    expect(failing.state).toBe("rejected");
    gate.open();
    await rig.settle();
    expect(await ledger().add(1)).toBe(2);
  });

  it("and the fields of its class that are not durable keep what it made of them", async () => {
    await refusalOf(ledger().change(true));
    const [activations] = system.describe().types.filter(({ name }) => name === "Ledger");
    expect(activations!.activations).toBe(1);
  });
});

describe("state", () => {
  it("that cannot travel fails its turn with the path, and the turn leaves nothing", async () => {
    const error = await refusalOf(ledger().storeFunction());
    expect(error).toBeInstanceOf(NotSendableError);
    expect(error.message).toContain("state.profile.print");
    expect(await ledger().all()).toEqual(fresh);
    expect(await system.actors.read("Ledger/l")).toBeUndefined();
  });

  it("P12: over 1 MiB fails its turn with TooLargeError, and the turn leaves nothing", async () => {
    await ledger().add(1);
    const error = await refusalOf(ledger().storeHuge(1024 * 1024));
    expect(error).toBeInstanceOf(TooLargeError);
    expect(error.message).toContain("Ledger/l");
    expect((await ledger().all()).at(-1)).toBeUndefined();
    expect(await ledger().add(1)).toBe(2);
  });

  it("over 64 KiB is warned of once, when it grows over it", async () => {
    await ledger().storeHuge(70_000);
    await ledger().storeHuge(80_000);
    expect(rig.logged("warn")).toHaveLength(1);
    expect(await system.actors.read("Ledger/l")).toMatchObject({ note: "x".repeat(80_000) });
  });

  it("equal to its initial value is not stored, and the actor is new", async () => {
    await ledger().add(0);
    expect(await system.actors.read("Ledger/l")).toBeUndefined();
    expect(await ledger().isNew()).toBe(true);
    await ledger().add(5);
    expect(await ledger().isNew()).toBe(false);
    await ledger().reset();
    expect(await system.actors.read("Ledger/l")).toBeUndefined();
    expect(await ledger().isNew()).toBe(true);
  });

  it("that no turn changed is not written again", async () => {
    await ledger().add(5);
    const before = rig.world.store.snapshot().partitions.get("Ledger:g1:00")!.states;
    await ledger().add(0);
    const after = rig.world.store.snapshot().partitions.get("Ledger:g1:00")!.states;
    expect([...after]).toEqual([...before]);
  });

  it("survives everything that drops it from memory", async () => {
    await ledger().change(false);
    const before = await ledger().all();
    await system.crash("Ledger/l");
    expect(await ledger().all()).toEqual(before);
    rig.world.cutChannels();
    await rig.advance(5_000);
    expect(await ledger().all()).toEqual(before);
    await system.close();
    const next = await rig.host(all, { process: "next" });
    expect(await next.ref(Ledger, "l").all()).toEqual(before);
  });

  it("is migrated at load, and written in its new form by the next commit", async () => {
    const v1 = await rig.host([VersionOne], { process: "v1" });
    await v1.ref(VersionOne, "a").set(5);
    await v1.close();
    const v2 = await rig.host([VersionTwo], { process: "v2" });
    expect(await v2.ref(VersionTwo, "a").cents()).toBe(500);
    expect(await system.actors.read("Versioned/a")).toEqual({ euros: 5 });
    await v2.ref(VersionTwo, "a").touch();
    expect(await system.actors.read("Versioned/a")).toEqual({ amount: 500, label: "none" });
  });

  it("of a renamed field is found under its old name by @State({ name })", async () => {
    const v1 = await rig.host([VersionOne], { process: "v1" });
    await v1.ref(VersionOne, "a").set(5);
    await v1.close();
    const renamed = await rig.host([Renamed], { process: "renamed" });
    expect(await renamed.ref(Renamed, "a").value()).toBe(5);
  });

  it("newer than the class is StateVersionError for an ask, while a tell waits without spending an attempt", async () => {
    const v2 = await rig.host([VersionTwo], { process: "v2" });
    await v2.ref(VersionTwo, "a").touch();
    await v2.close();
    const v1 = await rig.host([VersionOne], { process: "v1" });
    const ask = await refusalOf(v1.ref(VersionOne, "a").set(1));
    expect(ask).toBeInstanceOf(StateVersionError);
    expect(ask.message).toContain("version 2");
    await v1.ref(VersionOne, "a").tell.set(9);
    await rig.advance(300_000);
    expect(await rig.deadLetters("Versioned")).toEqual([]);
    await v1.close();
    const v2again = await rig.host([VersionTwo], { process: "v2-again" });
    await rig.advance(60_000);
    expect(await v2again.ref(VersionTwo, "a").cents()).toBe(900);
  });
});

@Actor("Versioned", { partitions: 1 })
class VersionOne {
  @State() private euros = 0;
  @Handler() set(euros: number): void {
    this.euros = euros;
  }
}

@Actor("Versioned", { partitions: 1, version: 2, migrate: (old) => ({ amount: Number(old.euros) * 100 }) })
class VersionTwo {
  @State() private amount = 0;
  @State() private label = "none";
  @State() private touched: number | undefined;
  @Handler() set(euros: number): void {
    this.amount = euros * 100;
  }
  @Handler() touch(): void {
    this.touched = undefined;
    if (this.amount === 0) this.amount = 1;
    this.label = this.label.trim();
  }
  @Query() cents(): number {
    return this.amount;
  }
}

@Actor("Versioned", { partitions: 1 })
class Renamed {
  @State({ name: "euros" }) private money = 0;
  @Query() value(): number {
    return this.money;
  }
}

describe("a turn that runs out of its time", () => {
  it("is TurnTimeoutError, leaves nothing, and its signal says so", async () => {
    await zombie().add();
    const failing = watch(zombie().never());
    await rig.advance(4_990);
    expect(failing.state).toBe("pending");
    await rig.advance(20);
    expect(failing.error).toBeInstanceOf(TurnTimeoutError);
    expect(failing.error).toMatchObject({
      effect: "none",
      message: expect.stringContaining("Zombie/z.never ran longer than 5000 ms"),
    });
    expect((events[0] as AbortSignal).aborted).toBe(true);
    expect(await zombie().current()).toBe(1);
    expect(await zombie().add()).toBe(2);
  });

  it("lets what waited behind it run", async () => {
    const [failing, next] = [watch(zombie().never()), watch(zombie().add())];
    await rig.advance(6_000);
    expect([failing.state, next.value]).toEqual(["rejected", 1]);
  });

  it("can touch nothing any more: state it assigns is not the actor's, its calls are TurnEndedError", async () => {
    const failing = watch(zombie().goesOn());
    await rig.advance(6_000);
    expect(failing.error).toBeInstanceOf(TurnTimeoutError);
    expect(await zombie().add()).toBe(1);
    gate.open();
    await rig.settle();
    expect(events).toEqual(
      ["tell", "ask", "destroy", "deactivate", "signal", "headers"].map((name) => `${name}: TurnEndedError`),
    );
    expect(await zombie().add()).toBe(2);
    await system.crash("Zombie/z");
    expect(await zombie().current()).toBe(2);
  });

  it("is tried again when it was told, and then a dead letter", async () => {
    await zombie().tell.never();
    await rig.advance(60_000);
    expect(events).toHaveLength(2);
    expect(await rig.deadLetters("Zombie")).toMatchObject([{ attempts: 2, cause: { class: "TurnTimeoutError" } }]);
    expect(await zombie().add()).toBe(1);
  });

  it("may be a query, and handlers run after it", async () => {
    const [first, other] = [
      watch(zombie().with({ timeout: "60s" }).look()),
      watch(zombie().with({ timeout: "60s" }).look()),
    ];
    await rig.settle();
    await rig.advance(59_900);
    expect([first.state, other.state]).toEqual(["pending", "pending"]);
    await rig.advance(200);
    expect([first.state, other.state]).toEqual(["rejected", "rejected"]);
    // The repeats of both, sent at half their time, end half a minute later.
    const added = watch(zombie().add());
    await rig.advance(31_000);
    expect(added.value).toBe(1);
  });
});

describe("after its end, a turn", () => {
  it("that left something running tells nothing: TurnEndedError", async () => {
    await zombie().leavesBehind();
    gate.open();
    await rig.settle();
    expect(events).toEqual(["TurnEndedError"]);
  });

  it("was the only place for calls: outside one, self refuses", async () => {
    const error = await refusalOf(system.ref(Eager, "e").poke());
    expect(error.message).toContain("outside a turn");
    expect(events).toEqual([]);
  });

  it("is not that of a caller: a constructor woken by another actor's turn makes no calls in its name", async () => {
    expect(await system.ref(Poker, "p").poke()).toContain("outside a turn");
    await rig.settle();
    expect(events).toEqual([]);
  });
});

describe("onActivate", () => {
  it("runs before the first turn, once per life", async () => {
    await mayfly().add();
    await mayfly().add();
    expect(events).toEqual(["activate m"]);
  });

  it("may set state, which is stored with the first commit that follows", async () => {
    const born = rig.clock.now();
    expect(await mayfly().state()).toEqual({ born, count: 0 });
    expect(await system.actors.read("Mayfly/m")).toBeUndefined();
    await mayfly().nothing();
    expect(await system.actors.read("Mayfly/m")).toEqual({ born, count: 0 });
  });

  it("keeps the state it set when the first turn fails", async () => {
    const born = rig.clock.now();
    await refusalOf(mayfly().fail());
    expect(await mayfly().state()).toEqual({ born, count: 0 });
    await rig.advance(1_000);
    await mayfly().nothing();
    await system.crash("Mayfly/m");
    expect(await mayfly().state()).toEqual({ born, count: 0 });
  });

  it.each(["constructor", "onActivate"] as const)(
    "or the %s that throws fails the ask that woke the actor, and the next one tries again",
    async (where) => {
      fault = where;
      const [first, next] = [watch(system.ref(Fragile, "f").add()), watch(system.ref(Fragile, "f").add())];
      await rig.advance(100);
      expect(first.error).toMatchObject({
        message: where === "constructor" ? "cannot be made" : "cannot come to life",
      });
      expect(next.state).toBe("rejected");
      fault = undefined;
      expect(await system.ref(Fragile, "f").add()).toBe(1);
    },
  );

  it.each(["constructor", "onActivate"] as const)("or the %s that throws fails a query at once, too", async (where) => {
    fault = where;
    const query = watch(system.ref(Fragile, "f").current());
    await rig.advance(1_000);
    expect(query.error).toBeInstanceOf(HandlerError);
    fault = undefined;
    expect(await system.ref(Fragile, "f").current()).toBe(0);
  });

  it("that throws makes a tell a dead letter after its attempts", async () => {
    fault = "onActivate";
    await system.ref(Fragile, "f").tell.add();
    await rig.advance(60_000);
    expect(await rig.deadLetters("Fragile")).toMatchObject([
      { attempts: 2, cause: { message: "cannot come to life" } },
    ]);
  });

  it("that throws only at first loses no tell", async () => {
    fault = "onActivate";
    await system.ref(Fragile, "f").tell.add();
    await rig.settle();
    fault = undefined;
    await rig.advance(60_000);
    expect(await system.ref(Fragile, "f").current()).toBe(1);
  });

  it("that never ends fails with TurnTimeoutError", async () => {
    fault = "hang";
    const first = watch(system.ref(Fragile, "f").with({ timeout: "60s" }).add());
    await rig.advance(59_000);
    expect(first.state).toBe("pending");
    await rig.advance(1_200);
    expect(rig.logged("error")).toEqual(["activation failed"]);
    expect(first.state).toBe("rejected");
    fault = undefined;
    const next = watch(system.ref(Fragile, "f").with({ timeout: "60s" }).add());
    // The repeat of the first is tried, too, and hangs as long.
    await rig.advance(59_900);
    expect(next.value).toBe(1);
  });

  it("of a failing actor holds nobody else up", async () => {
    fault = "hang";
    const hanging = watch(system.ref(Fragile, "f").add());
    expect(await ledger().add(1)).toBe(1);
    expect(hanging.state).toBe("pending");
  });
});

describe("an actor leaves memory", () => {
  it("after self.deactivate(), once its turn is committed; the next message finds its state", async () => {
    rig.world.store.failCommits(2, "before");
    const answer = watch(mayfly().leave());
    await rig.settle();
    expect(events).toEqual(["activate m"]);
    await rig.advance(1_000);
    expect(answer.value).toBe(1);
    expect(events).toEqual(["activate m", "deactivate m at 1"]);
    expect(await mayfly().add()).toBe(2);
    expect(events).toEqual(["activate m", "deactivate m at 1", "activate m"]);
  });

  it("while messages wait, which wake it again", async () => {
    second = new Gate();
    const answers = [mayfly().leave(), mayfly().add(), mayfly().add()].map((answer) => watch(answer));
    await rig.settle();
    expect(answers.map(({ value }) => value)).toEqual([1, undefined, undefined]);
    second.open();
    await rig.settle();
    expect(answers.map(({ value }) => value)).toEqual([1, 2, 3]);
  });

  it("after being idle for its type's idleAfter, and not before", async () => {
    await mayfly().add();
    await rig.advance(58_000);
    expect(events).toEqual(["activate m"]);
    await rig.advance(4_000);
    expect(events).toEqual(["activate m", "deactivate m at 1"]);
    expect(await mayfly().add()).toBe(2);
  });

  it("not while a turn of it runs", async () => {
    const slow = watch(system.ref(Mayfly, "m").with({ timeout: "60s" }).slowly());
    await rig.advance(59_000);
    expect(events).toEqual(["activate m"]);
    gate.open();
    await slow.end();
    await rig.advance(30_000);
    expect(events).toEqual(["activate m"]);
  });

  it("when the system is closed in good order", async () => {
    await mayfly().add();
    await system.close();
    expect(events).toEqual(["activate m", "deactivate m at 1"]);
  });

  it("P12: when there are too many, the least recently used idle one first", async () => {
    const small = await new Rig().host([Mayfly], { limits: { maxActivations: 3 } });
    for (const key of ["a", "b", "c", "a", "d", "e"]) await small.ref(Mayfly, key).add();
    expect(events.filter((event) => String(event).startsWith("deactivate"))).toEqual([
      "deactivate b at 1",
      "deactivate c at 1",
    ]);
    expect(small.describe().types[0]!.activations).toBe(3);
    expect(await small.ref(Mayfly, "b").add()).toBe(2);
  });

  it("P12: and those that had to be let in beyond the bound while all were busy go when they are idle", async () => {
    const narrow = new Rig();
    const small = await narrow.host([Mayfly], { limits: { maxActivations: 3 } });
    const busy = Array.from({ length: 10 }, (_, i) => watch(small.ref(Mayfly, `k${i}`).slowly()));
    await narrow.settle();
    gate.open();
    await Promise.all(busy.map((answer) => answer.end()));
    for (const key of ["x", "y", "z"]) await small.ref(Mayfly, key).add();
    await narrow.advance(2_000);
    expect(small.describe().types[0]!.activations).toBeLessThanOrEqual(3);
  });
});

describe("self.destroy()", () => {
  it("removes the state with the turn's commit, and the actor is new", async () => {
    await mayfly().add();
    expect(await mayfly().destroy()).toBe(2);
    expect(await system.actors.read("Mayfly/m")).toBeUndefined();
    await rig.advance(1_000);
    expect(await mayfly().isNew()).toBe(true);
    expect(await mayfly().state()).toEqual({ born: rig.clock.now(), count: 0 });
  });

  it("lets messages that wait meet a new actor", async () => {
    await mayfly().add();
    const answers = [mayfly().destroy(), mayfly().isNew(), mayfly().add()].map((answer) => watch<unknown>(answer));
    await rig.settle();
    expect(answers.map(({ value }) => value)).toEqual([2, true, 1]);
  });

  it("P4: by a turn that fails destroys nothing", async () => {
    await mayfly().add();
    await refusalOf(mayfly().destroyAndFail());
    expect((await mayfly().state()).count).toBe(1);
  });

  it("is not undone by a crash", async () => {
    await mayfly().add();
    await mayfly().destroy();
    await system.crash("Mayfly/m");
    expect(await mayfly().isNew()).toBe(true);
  });
});

describe("P3: from inside one turn", () => {
  it("asks go at once and tells with the commit", async () => {
    await ledger().tellAskTell();
    await rig.settle();
    expect(events).toEqual(["asked", "told first", "told last"]);
  });
});
