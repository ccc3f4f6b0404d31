import { InvalidAddressError, RejectedError, StoreUnavailableError, UnknownTypeError } from "@actor-runtime/core";
import { Actor, ActorContext, Handler, inject, type LocalSystem, Query, State } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Gate, Rig, refusalOf, watch } from "./support.js";

let gate: Gate;
let failure: Error | undefined;
/** What broken constructors do, and how often they were run. */
let broken: boolean;
let constructed: number;
/** Seconds at which `note` ran, with its attempt. */
let runs: { second: number; attempt: number; what: string }[];
let rig: Rig;
let start: number;

@Actor("Journal", { partitions: 1, attempts: 3 })
class Journal {
  private readonly self = inject(ActorContext);
  @State() private notes: string[] = [];

  constructor() {
    constructed += 1;
    if (broken) throw new Error("broken");
  }

  @Handler() note(what: string): number {
    runs.push({ second: (this.self.now() - start) / 1_000, attempt: this.self.attempt, what });
    this.notes.push(what);
    if (failure) throw failure;
    return this.notes.length;
  }
  @Handler() async hold(): Promise<void> {
    await gate.pass();
    this.notes.push("held");
  }
  @Query() list(): string[] {
    return [...this.notes];
  }
}

@Actor("Other", { partitions: 1 })
class Other {
  @Handler() note(): string {
    return "noted";
  }
}

/** Shares its mailbox, and so its partition, with `Neighbour`. */
@Actor("Left", { partitions: 1, mailbox: "shared" })
class Left {
  @Handler() note(): string {
    return "left";
  }
}
@Actor("Right", { partitions: 1, mailbox: "shared" })
class Right {
  @Handler() note(): string {
    return "right";
  }
}

beforeEach(() => {
  gate = new Gate();
  failure = undefined;
  broken = false;
  constructed = 0;
  runs = [];
  rig = new Rig();
  start = rig.clock.now();
});

/** Tells so many actors of the type one note each. */
async function tellAll(system: LocalSystem, count: number, what = "a"): Promise<void> {
  const told = Array.from({ length: count }, (_, index) => system.ref(Journal, `${index}`).tell.note(what));
  await rig.settle();
  await Promise.all(told);
  await rig.settle();
}

/** A worker whose type has just been braked: 50 turns failed. */
async function trip(): Promise<LocalSystem> {
  const system = await rig.host([Journal, Other]);
  failure = new Error("bad deploy");
  await tellAll(system, 50);
  expect(system.describe().types[0]).toMatchObject({ name: "Journal", braked: true });
  return system;
}

describe("a type that an operator paused", () => {
  it("begins no turn from a second later on, and does what waited, in order and once, when it is resumed", async () => {
    const system = await rig.host([Journal, Other]);
    expect(await system.actors.pause("Journal")).toEqual(["Journal"]);
    await rig.advance(1_000);
    const alice = system.ref(Journal, "alice");
    for (const what of ["a", "b", "c"]) void alice.tell.note(what);
    await rig.advance(60_000);
    expect(runs).toEqual([]);
    expect(system.describe().types).toMatchObject([{ paused: ["Journal"], braked: false }, { paused: [] }]);
    expect(await system.actors.resume("Journal")).toEqual([]);
    await rig.advance(1_000);
    expect(runs.map(({ what, attempt }) => [what, attempt])).toEqual([
      ["a", 1],
      ["b", 1],
      ["c", 1],
    ]);
    expect(rig.logged("warn")).toContain("Journal is paused: no turn of it begins, messages wait");
    expect(rig.logged("info")).toContain("Journal is resumed");
  });

  it("lets callers run into their timeouts, and does not run what they gave up", async () => {
    const system = await rig.host([Journal]);
    await system.actors.pause("Journal");
    await rig.advance(1_000);
    const asked = watch(system.ref(Journal, "alice").with({ timeout: "5s" }).note("late"));
    // Five seconds more are for clocks that differ.
    await rig.advance(11_000);
    expect(asked.error?.code).toBe("ASK_TIMEOUT");
    await system.actors.resume("Journal");
    await rig.advance(1_000);
    expect(runs).toEqual([]);
  });

  it("runs no query either, and not even a constructor", async () => {
    const system = await rig.host([Journal]);
    const alice = system.ref(Journal, "alice");
    await alice.note("a");
    await system.actors.pause("Journal");
    await rig.advance(1_000);
    const known = watch(alice.list());
    const unknown = watch(system.ref(Journal, "bob").list());
    await rig.advance(1_000);
    expect([known.state, unknown.state, constructed]).toEqual(["pending", "pending", 1]);
    await system.actors.resume("Journal");
    await rig.advance(1_000);
    expect([known.value, unknown.value, constructed]).toEqual([["a"], [], 2]);
  });

  it("ends turns that run already", async () => {
    const system = await rig.host([Journal]);
    const held = watch(system.ref(Journal, "alice").hold());
    await rig.settle();
    await system.actors.pause("Journal");
    await rig.advance(2_000);
    gate.open();
    await held.end();
    expect(held.state).toBe("resolved");
  });

  it("holds nobody else up, also not in its own mailbox", async () => {
    const system = await rig.host([Left, Right]);
    await system.actors.pause("Left");
    await rig.advance(1_000);
    const left = watch(system.ref(Left, "alice").note());
    expect(await system.ref(Right, "alice").note()).toBe("right");
    expect(left.state).toBe("pending");
  });

  it("is paused for a worker that starts later too, from its first message on", async () => {
    const first = await rig.host([Journal]);
    await first.actors.pause("Journal");
    await rig.advance(1_000);
    await first.ref(Journal, "alice").tell.note("a");
    await first.close({ drainTimeout: 0 });
    const second = await rig.host([Journal], { process: "second" });
    await rig.advance(10_000);
    expect(runs).toEqual([]);
    await second.actors.resume("Journal");
    await rig.advance(1_000);
    expect(runs).toHaveLength(1);
  });

  it("is ready, for the mended code must be able to roll out", async () => {
    const system = await rig.host([Journal]);
    await system.actors.pause("Journal");
    await rig.advance(1_000);
    expect(system.describe().checks.brake).toBe("ok");
  });

  it("can be erased, an actor in memory and one that is not", async () => {
    const system = await rig.host([Journal]);
    await system.ref(Journal, "alice").note("a");
    await system.actors.pause("Journal");
    await rig.advance(1_000);
    void system.ref(Journal, "bob").tell.note("b");
    await rig.settle();
    for (const address of ["Journal/alice", "Journal/bob", "Journal/carol"]) await system.actors.erase(address);
    expect(await system.actors.read("Journal/alice")).toBeUndefined();
    expect(constructed).toBe(1);
  });

  it("stays paused while the store cannot be asked", async () => {
    let reachable = true;
    const system = await rig.host([Journal], {
      ports: (ports) => ({
        ...ports,
        store: new Proxy(ports.store, {
          get: (store, name) => {
            if (name === "namespace" && !reachable) return () => Promise.reject(new StoreUnavailableError("away"));
            const member: unknown = Reflect.get(store, name, store);
            return typeof member === "function" ? member.bind(store) : member;
          },
        }),
      }),
    });
    await system.actors.pause("Journal");
    await rig.advance(1_000);
    reachable = false;
    void system.ref(Journal, "alice").tell.note("a");
    await rig.advance(10_000);
    expect(runs).toEqual([]);
  });
});

describe("one actor that an operator paused", () => {
  it("waits while the others of its type go on", async () => {
    const system = await rig.host([Journal]);
    expect(await system.actors.pause("Journal/alice")).toEqual(["Journal/alice"]);
    await rig.advance(1_000);
    const alice = watch(system.ref(Journal, "alice").note("a"));
    expect(await system.ref(Journal, "bob").note("b")).toBe(1);
    expect(alice.state).toBe("pending");
    await system.actors.resume("Journal/alice");
    await rig.advance(1_000);
    expect(alice.value).toBe(1);
  });

  it("waits on while its type is paused", async () => {
    const system = await rig.host([Journal]);
    await system.actors.pause("Journal");
    await system.actors.pause("Journal/alice");
    expect(await system.actors.paused()).toEqual(["Journal", "Journal/alice"]);
    await rig.advance(1_000);
    const asked = ["alice", "bob"].map((key) => watch(system.ref(Journal, key).note("x")));
    await system.actors.resume("Journal");
    await rig.advance(1_000);
    expect(asked.map(({ state }) => state)).toEqual(["pending", "resolved"]);
  });
});

describe("a pause", () => {
  it("of what nobody hosts or can be named is refused", async () => {
    const system = await rig.host([Journal]);
    expect(await refusalOf(system.actors.pause("Jornal"))).toBeInstanceOf(UnknownTypeError);
    expect(await refusalOf(system.actors.pause("Journal/"))).toBeInstanceOf(InvalidAddressError);
    expect(await refusalOf(system.actors.pause("no type"))).toBeInstanceOf(InvalidAddressError);
    expect(await system.actors.paused()).toEqual([]);
  });
});

describe("a type whose turns fail", () => {
  it("is braked when more than half of 50 failed, says so, and is not ready", async () => {
    const system = await trip();
    expect(system.describe().checks.brake).toContain("Journal braked");
    expect(rig.logged("error").some((line) => line.startsWith("Journal is braked: 50 of 50 turns failed"))).toBe(true);
    expect(await system.ref(Other, "x").note()).toBe("noted");
  });

  it("lets one message try every five seconds, and spends no attempt on it", async () => {
    await trip();
    runs = [];
    await rig.advance(60_000);
    expect(runs.map(({ second }) => second)).toEqual([5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]);
    expect(Math.max(...runs.map(({ attempt }) => attempt))).toBeLessThanOrEqual(2);
    expect(await rig.deadLetters("Journal")).toEqual([]);
  });

  it("P1: goes on with all that waited once a try does not fail", async () => {
    const system = await trip();
    await tellAll(system, 60, "b");
    await rig.advance(12_000);
    failure = undefined;
    await rig.advance(10_000);
    expect(system.describe().types[0]).toMatchObject({ braked: false });
    expect(system.describe().checks.brake).toBe("ok");
    await rig.advance(60_000);
    for (let key = 0; key < 50; key++) expect(await system.ref(Journal, `${key}`).list()).toEqual(["a", "b"]);
    for (let key = 50; key < 60; key++) expect(await system.ref(Journal, `${key}`).list()).toEqual(["b"]);
    expect(await rig.deadLetters("Journal")).toEqual([]);
    expect(rig.logged("info")).toContain("Journal is no longer braked: a turn that tried did not fail");
  });

  it("still answers queries, which spend nothing", async () => {
    const system = await trip();
    expect(await system.ref(Journal, "nobody").list()).toEqual([]);
  });

  it("is braked too when it fails in its constructor", async () => {
    const system = await rig.host([Journal]);
    broken = true;
    await tellAll(system, 60);
    expect(system.describe().types[0]).toMatchObject({ braked: true });
    const before = constructed;
    await rig.advance(20_000);
    expect(constructed - before).toBe(4);
    broken = false;
    await rig.advance(120_000);
    for (let key = 0; key < 60; key++) expect(await system.ref(Journal, `${key}`).list()).toEqual(["a"]);
  });

  it("passes the try on when the message's caller is gone", async () => {
    const system = await trip();
    failure = undefined;
    const asked = watch(system.ref(Journal, "gone").with({ timeout: "1s" }).note("late"));
    for (let key = 0; key < 50; key++) await system.actors.erase(`Journal/${key}`);
    const other = watch(system.ref(Journal, "here").note("b"));
    await rig.advance(7_000);
    expect([asked.error?.code, other.value]).toEqual(["ASK_TIMEOUT", 1]);
  });

  it("is not braked by refusals, by wrong calls, or by a store that is away", async () => {
    const system = await rig.host([Journal]);
    for (const error of [new RejectedError("no"), new StoreUnavailableError("away")]) {
      failure = error;
      await tellAll(system, 60);
    }
    failure = undefined;
    await Promise.all(
      Array.from({ length: 60 }, () => refusalOf(system.ask({ address: "Journal/a", handler: "nothing", args: [] }))),
    );
    expect(system.describe().types[0]).toMatchObject({ braked: false });
  });

  it("gives its caller the error of a try", async () => {
    const system = await trip();
    for (let key = 0; key < 50; key++) await system.actors.erase(`Journal/${key}`);
    const asked = watch(system.ref(Journal, "alice").note("a"));
    await rig.advance(6_000);
    expect(asked.error).toMatchObject({ code: "HANDLER_FAILED", message: "bad deploy" });
  });
});

describe("what waits for a paused actor", () => {
  it("P8: leaves the window to the others of its partition, in the store and in order", async () => {
    const system = await rig.host([Journal], { limits: { maxUnsettledBytes: 1 } });
    await system.actors.pause("Journal/alice");
    await rig.advance(1_000);
    for (let index = 0; index < 20; index++) {
      void system.ref(Journal, "alice").tell.note(`${index}`);
      await rig.settle();
    }
    const bob = watch(system.ref(Journal, "bob").note("b"));
    await rig.advance(1_000);
    expect([bob.state, runs.length]).toEqual(["resolved", 1]);
    await system.actors.resume("Journal/alice");
    await rig.advance(1_000);
    expect(runs.slice(1).map(({ what }) => what)).toEqual(Array.from({ length: 20 }, (_, index) => `${index}`));
  });
});

describe("what waits for a paused type", () => {
  it("P1: stays in the mailbox, and does not overflow into dead letters", async () => {
    const limits = { maxUnsettledBytes: 1, maxWaitingPerActor: 2, maxStoredPerActor: 2 };
    const system = await rig.host([Journal], { limits });
    await system.actors.pause("Journal");
    await rig.advance(1_000);
    for (let index = 0; index < 20; index++) {
      void system.ref(Journal, "alice").tell.note(`${index}`);
      await rig.settle();
    }
    await rig.advance(5_000);
    expect(await rig.deadLetters("Journal")).toEqual([]);
    await system.actors.resume("Journal");
    await rig.advance(5_000);
    expect(runs.map(({ what }) => what)).toEqual(Array.from({ length: 20 }, (_, index) => `${index}`));
  });
});
