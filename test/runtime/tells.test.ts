import {
  OverloadedError,
  RejectedError,
  UnknownHandlerError,
  UnknownOutcomeError,
  UnknownTypeError,
} from "@actor-runtime/core";
import { Actor, ActorContext, Handler, inject, type LocalSystem, Query, State } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Gate, Rig, refusalOf, watch } from "./support.js";

let gate: Gate;
/** What handlers were called with, with the time in ms since the start. */
let runs: { at: number; what: unknown; attempt: number; identity: string | undefined }[];
/** How many of the next runs of `note` fail. */
let failures: number;
let rig: Rig;
let start: number;

abstract class Notes {
  protected readonly self = inject(ActorContext);
  @State() protected notes: unknown[] = [];

  @Handler() note(what: unknown): void {
    this.#ran(what);
    this.notes.push(what);
    if (failures > 0) {
      failures--;
      throw new Error(`not ${JSON.stringify(what)}`);
    }
  }
  /** Changes what it got before it fails. */
  @Handler() spoil(order: { lines: Map<string, bigint>; at: Date; tags: string[] }): void {
    this.#ran(`${order.tags.length} ${order.lines.get("a")} ${order.at.getTime()}`);
    order.lines.clear();
    order.at.setTime(1);
    order.tags.push("spoilt");
    throw new Error("spoilt");
  }
  @Handler() reject(): void {
    this.#ran("reject");
    throw new RejectedError("never", { code: "NEVER" });
  }
  @Handler() async hold(): Promise<void> {
    await gate.pass();
    this.notes.push("held");
  }
  @Query() list(): unknown[] {
    return [...this.notes];
  }
  /** Not async, so that a test can end a runaway: beyond twenty runs it throws at once. */
  @Query() brokenLater(): Promise<void> {
    this.#ran("brokenLater");
    if (runs.length > 20) throw new Error("runaway");
    return Promise.resolve().then(() => {
      throw new Error("later");
    });
  }
  @Query() broken(): void {
    throw new Error("broken");
  }

  #ran(what: unknown): void {
    runs.push({ at: this.self.now() - start, what, attempt: this.self.attempt, identity: this.self.idempotencyKey });
  }
}

@Actor("Journal", { partitions: 1, attempts: 3 })
class Journal extends Notes {}

@Actor("Loose", { partitions: 1, attempts: 3, whileRetrying: "pass" })
class Loose extends Notes {}

/** Tells others. */
@Actor("Teller", { partitions: 1 })
class Teller {
  private readonly self = inject(ActorContext);
  @State() private told = 0;

  @Handler() send(...whats: unknown[]): void {
    for (const what of whats) this.self.ref(Journal, "j").tell.note(what);
    this.told += whats.length;
  }
  @Handler() sendAndFail(what: unknown): void {
    this.self.ref(Journal, "j").tell.note(what);
    throw new Error("after the tell");
  }
  @Handler() tellLater(delay: string, what: unknown): void {
    this.self
      .ref(Journal, "j")
      .with({ delay: delay as "1s" })
      .tell.note(what);
  }
  @Handler() tellByName(type: string, handler: string): void {
    const ref = this.self.ref<Record<string, () => void>>(type, "x") as unknown as { tell: Record<string, () => void> };
    ref.tell[handler]!();
  }
  @Query() count(): number {
    return this.told;
  }
}

let system: LocalSystem;

beforeEach(async () => {
  gate = new Gate();
  runs = [];
  failures = 0;
  rig = new Rig();
  start = rig.clock.now();
  system = await rig.host([Journal, Loose, Teller]);
});

const journal = () => system.ref(Journal, "j");
const loose = () => system.ref(Loose, "l");
const whats = () => runs.map(({ what }) => what);

describe("P1: a confirmed tell takes effect exactly once", () => {
  it("and resolves once the broker has it, not when it is handled", async () => {
    const held = watch(journal().tell.hold());
    await rig.settle();
    expect(held.state).toBe("resolved");
    expect(gate.arrivals).toBe(1);
  });

  it("when the confirm is lost and the batch published again", async () => {
    rig.world.loseConfirms(2);
    const told = watch(journal().tell.note("a"));
    await rig.advance(1_000);
    expect(told.state).toBe("resolved");
    expect(rig.published.filter(({ to }) => to === "Journal:g1:00")).toHaveLength(3);
    expect(await journal().list()).toEqual(["a"]);
  });

  it("when the channel is cut before, during and after its turn", async () => {
    await journal().tell.note("a");
    rig.world.cutChannels();
    await rig.advance(10_000);
    await journal().tell.hold();
    await rig.settle();
    rig.world.cutChannels();
    gate.open();
    await rig.advance(10_000);
    await journal().tell.note("b");
    await rig.settle();
    rig.world.cutChannels();
    await rig.advance(10_000);
    expect(await journal().list()).toEqual(["a", "held", "b"]);
  });

  it("when its owner crashes before the commit, and after it", async () => {
    rig.world.store.failCommits(3, "before");
    await journal().tell.note("a");
    await system.crash("Journal/j");
    await rig.advance(5_000);
    rig.world.store.failCommits(1, "after");
    await journal().tell.note("b");
    await system.crash("Journal/j");
    await rig.advance(5_000);
    expect(await journal().list()).toEqual(["a", "b"]);
  });

  it("when the answer of the commit is lost", async () => {
    rig.world.store.failCommits(5, "after");
    await journal().tell.note("a");
    await rig.advance(10_000);
    expect(await journal().list()).toEqual(["a"]);
    expect(whats()).toEqual(["a"]);
  });

  it("with an idempotency key however often it is told", async () => {
    const keyed = journal().with({ idempotencyKey: "k" });
    await keyed.tell.note("a");
    await keyed.tell.note("a");
    await rig.settle();
    await system.crash("Journal/j");
    await keyed.tell.note("a");
    await rig.settle();
    expect(await journal().list()).toEqual(["a"]);
  });

  it("and a key told with other arguments is a dead letter that says so", async () => {
    await journal().with({ idempotencyKey: "k" }).tell.note("a");
    await journal().with({ idempotencyKey: "k" }).tell.note("b");
    await rig.settle();
    expect(await journal().list()).toEqual(["a"]);
    expect(await rig.deadLetters("Journal")).toMatchObject([
      { cause: { class: "IdempotencyMismatchError" }, message: { args: ["b"] } },
    ]);
  });

  it("and one that could not be published in its time says so: certainly nothing happened", async () => {
    rig.world.refuse("Journal:g1:00", true);
    const told = watch(journal().with({ timeout: "3s" }).tell.note("a"));
    await rig.advance(10_000);
    expect(told.error).toBeInstanceOf(OverloadedError);
    expect(told.error).toMatchObject({ effect: "none", scope: "mailbox", retryAfterMs: expect.any(Number) });
    rig.world.refuse("Journal:g1:00", false);
    await journal().tell.note("b");
    expect(await journal().list()).toEqual(["b"]);
  });

  it("and one whose confirms were lost for all its time has an unknown outcome, and what follows is in order", async () => {
    rig.world.loseConfirms(1_000);
    const told = watch(journal().with({ timeout: "3s" }).tell.note("a"));
    await rig.advance(10_000);
    expect(told.error).toBeInstanceOf(UnknownOutcomeError);
    expect(told.error).toMatchObject({ effect: "unknown" });
    rig.world.loseConfirms(0);
    await journal().tell.note("b");
    expect(await journal().list()).toEqual(["a", "b"]);
  });

  it("to a full mailbox waits for room", async () => {
    const client = await rig.host([], { process: "client" });
    rig.world.refuse("Journal:g1:00", true);
    const told = watch(client.ref<Journal>("Journal", "j").tell.note("a"));
    await rig.advance(2_000);
    expect(told.state).toBe("pending");
    rig.world.refuse("Journal:g1:00", false);
    await rig.advance(2_000);
    expect(told.state).toBe("resolved");
    expect(await journal().list()).toEqual(["a"]);
  });

  it("to a method that is not marked is a rejection, like every refusal outside a turn", async () => {
    const tell = journal().tell as unknown as Record<string, () => Promise<void>>;
    let told: Promise<void> | undefined;
    expect(() => {
      told = tell.nope!();
    }).not.toThrow();
    expect(await refusalOf(told!)).toBeInstanceOf(UnknownHandlerError);
  });
});

describe("a told message whose handler fails", () => {
  it("is tried again with growing waits, and its handler reads the attempt and the same identity", async () => {
    failures = 2;
    await journal().tell.note("a");
    await rig.advance(60_000);
    expect(runs.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(new Set(runs.map(({ identity }) => identity)).size).toBe(1);
    // Full jitter: up to 200 ms, then up to 400 ms.
    expect(runs[1]!.at).toBeGreaterThan(0);
    expect(runs[1]!.at).toBeLessThanOrEqual(200 + 10);
    expect(runs[2]!.at - runs[1]!.at).toBeLessThanOrEqual(400 + 10);
    expect(await journal().list()).toEqual(["a"]);
    expect(await rig.deadLetters("Journal")).toEqual([]);
  });

  it("becomes exactly one dead letter with its cause after the last attempt", async () => {
    failures = 99;
    await journal().tell.note("a");
    await rig.advance(60_000);
    expect(whats()).toEqual(["a", "a", "a"]);
    const letters = await rig.deadLetters("Journal");
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({
      id: runs[0]!.identity!.replace("Journal:g1:00:", ""),
      address: "Journal/j",
      handler: "note",
      message: { to: "Journal/j", kind: "tell", handler: "note", args: ["a"] },
      cause: { class: "HandlerError", message: 'not "a"', stack: expect.stringContaining("tells.test.ts") },
      attempts: 3,
    });
    expect(letters[0]!.at).toBeGreaterThan(start);
    failures = 0;
    expect(await journal().list()).toEqual([]);
    await journal().tell.note("b");
    expect(await journal().list()).toEqual(["b"]);
  });

  it("by RejectedError is a dead letter at once, and no error in the log", async () => {
    await journal().tell.reject();
    await rig.advance(60_000);
    expect(runs).toHaveLength(1);
    expect(await rig.deadLetters("Journal")).toMatchObject([
      { cause: { class: "RejectedError", code: "NEVER" }, attempts: 1 },
    ]);
    expect(rig.logged("error")).toEqual([]);
  });

  it("gets the arguments that were sent at every attempt, whatever the last one did to them", async () => {
    await journal().tell.spoil({ lines: new Map([["a", 5n]]), at: new Date(77), tags: ["x"] });
    await rig.advance(60_000);
    expect(whats()).toEqual(["1 5 77", "1 5 77", "1 5 77"]);
    const [letter] = await rig.deadLetters("Journal");
    expect(letter!.message).toMatchObject({
      args: [{ lines: { $map: [["a", { $bigint: "5" }]] }, at: { $date: "1970-01-01T00:00:00.077Z" }, tags: ["x"] }],
    });
  });

  it("P3: holds later messages of its actor back, so that order holds", async () => {
    failures = 2;
    for (const what of ["a", "b"]) await journal().tell.note(what);
    const last = watch(journal().note("c"));
    await rig.advance(60_000);
    expect(whats()).toEqual(["a", "a", "a", "b", "c"]);
    expect(last.state).toBe("resolved");
    expect(await journal().list()).toEqual(["a", "b", "c"]);
  });

  it("P8: holds nobody else back", async () => {
    failures = 1;
    await journal().tell.note("a");
    await rig.settle();
    await system.ref(Journal, "other").note("b");
    expect(whats()).toEqual(["a", "b"]);
  });

  it('lets later ones pass where the class says whileRetrying: "pass"', async () => {
    failures = 1;
    for (const what of ["a", "b"]) await loose().tell.note(what);
    await rig.settle();
    expect(await loose().list()).toEqual(["b"]);
    await rig.advance(60_000);
    expect(await loose().list()).toEqual(["b", "a"]);
    expect(runs.map(({ attempt }) => attempt)).toEqual([1, 1, 2]);
  });

  it.each(["Journal", "Loose"])(
    "is tried again by the next owner after a crash, its attempts counted on (%s)",
    async (type) => {
      const ref = system.ref<Journal>(type, "x");
      failures = 99;
      await ref.tell.note("a");
      await rig.settle();
      expect(runs).toHaveLength(1);
      await system.crash(`${type}/x`);
      await rig.advance(60_000);
      expect(runs.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
      expect(await rig.deadLetters(type)).toHaveLength(1);
    },
  );

  it("and then succeeds, is done: a crash does not bring it back", async () => {
    failures = 1;
    await journal().tell.note("a");
    await rig.advance(60_000);
    await system.crash("Journal/j");
    await rig.advance(60_000);
    expect(await journal().list()).toEqual(["a"]);
    expect(runs).toHaveLength(2);
  });

  it("P1: is one dead letter also when it was a query", async () => {
    await journal().tell.broken();
    await rig.advance(60_000);
    expect(await rig.deadLetters("Journal")).toMatchObject([{ handler: "broken", cause: { message: "broken" } }]);
  });

  it("is tried as often as its class says also when it was an asynchronous query", async () => {
    await journal().tell.brokenLater();
    await rig.advance(60_000);
    expect(runs.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(await rig.deadLetters("Journal")).toMatchObject([{ attempts: 3, cause: { message: "later" } }]);
  });

  it("P1: is one dead letter also when the owner crashes right after", async () => {
    await journal().tell.reject();
    await rig.settle();
    await system.crash("Journal/j");
    await rig.advance(5_000);
    const ids = (await rig.deadLetters("Journal")).map(({ id }) => id);
    // Copies may be kept twice (delivery.md C.21), but they name the same message.
    expect(new Set(ids).size).toBe(1);
    expect((await system.actors.erase("Journal/j")).deadLetters).toBe(1);
  });
});

describe("a delayed tell", () => {
  it("runs once, not before its time", async () => {
    await journal().with({ delay: "5m" }).tell.note("late");
    await journal().note("early");
    await rig.advance(299_000);
    expect(whats()).toEqual(["early"]);
    await rig.advance(2_000);
    expect(whats()).toEqual(["early", "late"]);
    expect(runs[1]!.at).toBeGreaterThanOrEqual(300_000);
    await rig.advance(600_000);
    expect(runs).toHaveLength(2);
  });

  it("survives a crash of its owner, and still runs once and not before its time", async () => {
    await journal().with({ delay: "5m" }).tell.note("late");
    await rig.settle();
    for (let i = 0; i < 3; i++) {
      await rig.advance(60_000);
      await system.crash("Journal/j");
    }
    await rig.advance(115_000);
    expect(runs).toEqual([]);
    await rig.advance(10_000);
    await system.crash("Journal/j");
    await rig.advance(60_000);
    expect(whats()).toEqual(["late"]);
    expect(await journal().list()).toEqual(["late"]);
  });

  it("that came due while nobody served its partition runs as soon as somebody does", async () => {
    await journal().with({ delay: "10s" }).tell.note("late");
    await rig.settle();
    await system.close();
    await rig.advance(60_000);
    const next = await rig.host([Journal], { process: "next" });
    await rig.advance(100);
    expect(whats()).toEqual(["late"]);
    expect(await next.ref(Journal, "j").list()).toEqual(["late"]);
  });

  it("from a turn leaves with its commit", async () => {
    await system.ref(Teller, "t").tellLater("10s", "late");
    await rig.advance(9_900);
    expect(runs).toEqual([]);
    await rig.advance(200);
    expect(whats()).toEqual(["late"]);
  });

  it("that fails is tried again like any other", async () => {
    failures = 99;
    await journal().with({ delay: "10s" }).tell.note("late");
    await rig.advance(60_000);
    expect(runs.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(await rig.deadLetters("Journal")).toMatchObject([{ attempts: 3 }]);
  });

  it("with an idempotency key runs once, however often it is told", async () => {
    for (let i = 0; i < 3; i++) await journal().with({ delay: "10s", idempotencyKey: "k" }).tell.note("late");
    await rig.advance(30_000);
    expect(await journal().list()).toEqual(["late"]);
  });

  it("with an idempotency key is not put off by a repeat", async () => {
    const keyed = journal().with({ delay: "10s", idempotencyKey: "k" });
    await keyed.tell.note("late");
    await rig.advance(8_000);
    await keyed.tell.note("late");
    await rig.advance(2_100);
    expect(whats()).toEqual(["late"]);
    await rig.advance(60_000);
    expect(whats()).toEqual(["late"]);
  });

  it("is kept apart from one of another actor, whatever characters keys have", async () => {
    await system.ref(Journal, "a").with({ delay: "10s", idempotencyKey: "b|u:c" }).tell.note("of a");
    await system.ref(Journal, "a|u:b").with({ delay: "10s", idempotencyKey: "c" }).tell.note("of a|u:b");
    await rig.settle();
    await system.crash("Journal/a");
    await rig.advance(30_000);
    expect(new Set(whats())).toEqual(new Set(["of a", "of a|u:b"]));
    expect(runs).toHaveLength(2);
  });
});

describe("tells made inside a turn", () => {
  it("P4: leave with it, in order", async () => {
    await system.ref(Teller, "t").send("a", "b", "c");
    await rig.settle();
    expect(await journal().list()).toEqual(["a", "b", "c"]);
    expect(await system.ref(Teller, "t").count()).toBe(3);
  });

  it("P4: do not leave when it fails", async () => {
    await refusalOf(system.ref(Teller, "t").sendAndFail("a"));
    await rig.advance(60_000);
    expect(rig.messagesTo("Journal:g1:00")).toEqual([]);
  });

  it("P1: leave exactly once when the owner crashes between commit and relay", async () => {
    rig.world.refuse("Journal:g1:00", true);
    await system.ref(Teller, "t").send("a", "b");
    await system.crash("Teller/t");
    rig.world.refuse("Journal:g1:00", false);
    await system.ref(Teller, "t").send("c");
    await rig.advance(10_000);
    expect(await journal().list()).toEqual(["a", "b", "c"]);
  });

  it("P1: take effect exactly once when their confirms are lost and the owner crashes", async () => {
    rig.world.loseConfirms(1);
    const asked = watch(system.ref(Teller, "t").send("a"));
    await rig.advance(100);
    await asked.end();
    rig.world.loseConfirms(3);
    await system.ref(Teller, "t").send("b");
    await system.crash("Teller/t");
    await rig.advance(10_000);
    rig.world.cutChannels();
    await rig.advance(10_000);
    await system.crash("Journal/j");
    expect(await journal().list()).toEqual(["a", "b"]);
  });

  it("P1: take effect exactly once when another process takes the source over", async () => {
    rig.world.refuse("Journal:g1:00", true);
    await system.ref(Teller, "t").send("a", "b");
    const second = await rig.host([Teller, Journal], { process: "second" });
    rig.world.disconnect("main");
    rig.world.refuse("Journal:g1:00", false);
    await rig.advance(15_000);
    await second.ref(Teller, "t").send("c");
    await rig.settle();
    expect(await second.ref(Journal, "j").list()).toEqual(["a", "b", "c"]);
  });

  it("are removed from the outbox once the broker has them", async () => {
    await system.ref(Teller, "t").send("a");
    await rig.advance(2_000);
    const sent = rig.messagesTo("Journal:g1:00").length;
    await system.crash("Teller/t");
    await rig.advance(2_000);
    expect(rig.messagesTo("Journal:g1:00")).toHaveLength(sent);
  });

  it("P13: to a type nobody ever hosted fail the turn", async () => {
    const error = await refusalOf(system.ref(Teller, "t").tellByName("Nowhere", "go"));
    expect(error).toBeInstanceOf(UnknownTypeError);
  });

  it("P13: to a handler that does not exist fail the turn where the class is known", async () => {
    const error = await refusalOf(system.ref(Teller, "t").tellByName("Journal", "go"));
    expect(error).toBeInstanceOf(UnknownHandlerError);
  });
});

@Actor("Other", { partitions: 1 })
class Other extends Notes {}

@Actor("Finder", { partitions: 1 })
class Finder {
  private readonly self = inject(ActorContext);
  @State() private found = 0;
  @Handler() find(names: string[]): void {
    for (const what of names) this.self.ref<Other>("Other", "o").tell.note(what);
    this.found++;
  }
  @Handler() async findLater(promises: number): Promise<void> {
    const other = this.self.ref<Other>("Other", "o");
    other.tell.note("first");
    for (let i = 0; i < promises; i++) await Promise.resolve();
    other.tell.note("second");
  }
}

describe("a type hosted elsewhere", () => {
  it("is found by name, and tells keep their order while it is looked up", async () => {
    const other = await rig.host([Other], { process: "other" });
    const finder = await rig.host([Finder], { process: "finder" });
    await finder.ref(Finder, "f").find(["a", "b", "c"]);
    await rig.settle();
    expect(await other.ref(Other, "o").list()).toEqual(["a", "b", "c"]);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
    "and tells made %i promises later come after those made before",
    async (later) => {
      const other = await rig.host([Other], { process: "other" });
      const finder = await rig.host([Finder], { process: "finder" });
      await finder.ref(Finder, "f").findLater(later);
      await rig.settle();
      expect(await other.ref(Other, "o").list()).toEqual(["first", "second"]);
    },
  );
});
