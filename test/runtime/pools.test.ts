import {
  ConfigError,
  DeadlockError,
  FatalMessageError,
  frameBody,
  InvalidAddressError,
  InvalidArgumentsError,
  messageText,
  NotStartedError,
  poolQueue,
  QueryEffectError,
  RejectedError,
  TurnTimeoutError,
  UnknownHandlerError,
  UnsupportedError,
  wireVersion,
} from "@actor-runtime/core";
import {
  Actor,
  ActorContext,
  Handler,
  inject,
  type LocalSystem,
  Query,
  State,
  Stateless,
  Transactional,
} from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { Gate, Rig, refusalOf, watch } from "./support.js";

let rig: Rig;
let system: LocalSystem;
let gate: Gate;
let events: string[];
/** How often the next handlers fail. */
let failures: number;
let instances: number;
let neverWakes: boolean;

@Actor("Album", { partitions: 2 })
class Album {
  private readonly self = inject(ActorContext);
  @State() private readonly images: string[] = [];

  @Handler() add(image: string): number {
    return this.images.push(image);
  }
  @Query() all(): string[] {
    return this.images;
  }
  @Handler() order(image: string, fail: boolean): void {
    this.self.ref(Resize).tell.into(this.self.key, image);
    if (fail) throw new RejectedError("no");
  }
  @Handler() async askFor(image: string): Promise<string> {
    return this.self.ref(Resize).run(image, 10);
  }
  @Handler() @Transactional() async askInTransaction(image: string): Promise<string> {
    const resized = await this.self.ref<Resize>("Resize").run(image, 10);
    this.images.push(resized);
    return resized;
  }
  @Handler() async circle(): Promise<unknown> {
    return this.self.ref(Resize).askAlbum(this.self.key);
  }
  @Handler() later(): void {
    this.self.ref(Resize).with({ delay: "1m" }).tell.run("a", 1);
  }
}

@Stateless("Resize", { concurrency: 2, attempts: 3 })
class Resize {
  private readonly self = inject(ActorContext);
  private calls = 0;

  constructor() {
    instances++;
  }
  async onActivate(): Promise<void> {
    events.push("awake");
    if (neverWakes) await new Promise(() => {});
  }
  @Handler() run(image: string, width: number): string {
    this.calls++;
    return `${image}@${width}`;
  }
  @Handler({ input: z.number().positive() }) positive(n: number): number {
    return n;
  }
  @Handler() async wait(name: string): Promise<string> {
    events.push(`begin ${name}`);
    await gate.pass();
    events.push(`end ${name}`);
    return name;
  }
  @Handler({ timeout: "2s" }) async hang(): Promise<void> {
    await new Promise(() => {});
  }
  @Query() count(): number {
    return this.calls;
  }
  @Query() tellsInQuery(): void {
    this.self.ref(Album, "a").tell.add("x");
  }
  @Handler() refuse(): void {
    throw new RejectedError("no");
  }
  @Handler() into(album: string, image: string): void {
    events.push(`try ${this.self.attempt}`);
    this.self.ref(Album, album).tell.add(image);
    if (failures-- > 0) throw new Error("on purpose");
  }
  @Handler() async askInto(album: string, image: string): Promise<number> {
    const size = await this.self.ref(Album, album).add(image);
    if (failures-- > 0) throw new Error("on purpose");
    return size;
  }
  @Handler() askAlbum(album: string): Promise<number> {
    return this.self.ref(Album, album).add("x");
  }
  @Handler() about(): unknown {
    const { address, key, type, headers, attempt, idempotencyKey } = this.self;
    return { address, key, type, headers, attempt, keyed: idempotencyKey !== undefined };
  }
  @Handler() unsupported(member: "isNew" | "locks" | "destroy" | "deactivate"): unknown {
    const value: unknown = this.self[member];
    return typeof value === "function" ? this.self[member as "destroy"]() : value;
  }
  @Handler() async untilWithdrawn(): Promise<void> {
    events.push("waits");
    await new Promise((resolve) => {
      this.self.signal.addEventListener("abort", resolve);
    });
    events.push("withdrawn");
  }
}

@Stateless("Spread", { balance: "round-robin", concurrency: 1 })
class Spread {
  private readonly self = inject(ActorContext);
  @Handler() async untilWithdrawn(): Promise<void> {
    events.push("waits");
    await new Promise((resolve) => {
      this.self.signal.addEventListener("abort", resolve);
    });
    events.push("withdrawn");
  }
}

beforeEach(async () => {
  rig = new Rig();
  gate = new Gate();
  events = [];
  failures = 0;
  instances = 0;
  neverWakes = false;
  system = await rig.host([Album, Resize, Spread]);
});

describe("a stateless type", () => {
  it("is called without a key, by class and by name, from outside and from actors", async () => {
    expect(await system.ref(Resize).run("a", 1)).toBe("a@1");
    expect(await system.ref<Resize>("Resize").run("b", 2)).toBe("b@2");
    expect(await system.ref(Album, "one").askFor("c")).toBe("c@10");
    expect(system.ref(Resize).address).toBe("Resize/*");
    expect(await system.ask({ address: "Resize/*", handler: "run", args: ["d", 3] })).toBe("d@3");
    const client = await rig.host([], { process: "client" });
    expect(await client.ref(Resize).run("e", 4)).toBe("e@4");
    expect(await client.ref<Resize>("Resize").run("f", 5)).toBe("f@5");
  });

  it("runs as many calls at a time as its concurrency says, each on an instance of its own, woken once", async () => {
    const calls = ["a", "b", "c"].map((name) => watch(system.ref(Resize).wait(name)));
    await rig.settle();
    expect(events).toEqual(["awake", "awake", "begin a", "begin b"]);
    gate.open();
    await Promise.all(calls.map((call) => call.end()));
    expect(calls.map(({ value }) => value)).toEqual(["a", "b", "c"]);
    expect(events.filter((event) => event === "awake")).toHaveLength(2);
    expect(instances).toBe(2);
  });

  it("P13: refuses wrong arguments, unknown handlers and effects of queries by their typed errors", async () => {
    expect(await refusalOf(system.ref(Resize).positive(-1))).toBeInstanceOf(InvalidArgumentsError);
    const call = { address: "Resize/*", handler: "crop", args: [] };
    expect(await refusalOf(system.ask(call))).toBeInstanceOf(UnknownHandlerError);
    const client = await rig.host([], { process: "client" });
    expect((await refusalOf(client.ask(call))).message).toContain("Resize.crop does not exist; it has: run");
    expect(await refusalOf(system.ref(Resize).tellsInQuery())).toBeInstanceOf(QueryEffectError);
    expect(await refusalOf(system.ref(Resize).refuse())).toBeInstanceOf(RejectedError);
    expect(await refusalOf(system.ref(Album, "a").circle())).toBeInstanceOf(DeadlockError);
  });

  it("knows the call it handles, and says why it has nothing of an actor's own", async () => {
    expect(
      await system
        .ref(Resize)
        .with({ headers: { tenant: "t" } })
        .about(),
    ).toEqual({
      address: "Resize/*",
      key: "*",
      type: "Resize",
      headers: { tenant: "t" },
      attempt: 1,
      keyed: true,
    });
    for (const member of ["isNew", "locks", "destroy", "deactivate"] as const) {
      const refusal = await refusalOf(system.ref(Resize).unsupported(member));
      expect(refusal).toBeInstanceOf(UnsupportedError);
      expect(refusal.message).toContain(`self.${member}: Resize is a stateless type`);
    }
  });

  it("ends a turn that runs out of its time, and goes on with the next", async () => {
    const hung = watch(system.ref(Resize).hang());
    await rig.settle();
    await rig.advance(2_100);
    expect((await hung.end()).error).toBeInstanceOf(TurnTimeoutError);
    expect(await system.ref(Resize).run("a", 1)).toBe("a@1");
  });

  it("ends a turn whose instance never wakes, which keeps its place no longer", async () => {
    neverWakes = true;
    const calls = ["a", "b"].map((image) => watch(system.ref(Resize).with({ timeout: "10m" }).run(image, 1)));
    await rig.advance(61_000);
    for (const { error } of calls) expect(error).toBeInstanceOf(TurnTimeoutError);
    neverWakes = false;
    const call = watch(system.ref(Resize).run("c", 1));
    await rig.advance(10);
    expect(call.value).toBe("c@1");
  });

  it("does not start a call whose caller's time is over", async () => {
    const [one, two] = ["a", "b"].map((name) => watch(system.ref(Resize).with({ timeout: "1m" }).wait(name)));
    const late = watch(system.ref(Resize).with({ timeout: "1s" }).wait("late"));
    await rig.settle();
    await rig.advance(7_000);
    gate.open();
    await Promise.all([one!.end(), two!.end(), late.end()]);
    await rig.settle();
    expect(late.error?.code).toBe("ASK_TIMEOUT");
    expect(events).not.toContain("begin late");
  });

  it("tells a running call of a worker's own queue that its caller withdrew it", async () => {
    await rig.settle();
    const warm = new AbortController();
    const first = watch(system.ref(Spread).with({ signal: warm.signal }).untilWithdrawn());
    await rig.settle();
    warm.abort();
    await first.end();
    // The first call took the shared queue, for nobody knew the workers yet.
    await rig.advance(61_000);
    const withdraw = new AbortController();
    const call = watch(system.ref(Spread).with({ signal: withdraw.signal }).untilWithdrawn());
    await rig.settle();
    withdraw.abort();
    expect((await call.end()).error?.code).toBe("CANCELLED");
    await rig.settle();
    expect(events).toContain("withdrawn");
  });

  it("does not begin a withdrawn call that waits at the worker it was sent to", async () => {
    await rig.settle();
    const warm = new AbortController();
    const running = watch(system.ref(Spread).with({ signal: warm.signal, timeout: "5m" }).untilWithdrawn());
    await rig.advance(1_000);
    // The first has the only place, so the next waits at its worker.
    const withdraw = new AbortController();
    const call = watch(system.ref(Spread).with({ signal: withdraw.signal }).untilWithdrawn());
    await rig.settle();
    withdraw.abort();
    expect((await call.end()).error?.code).toBe("CANCELLED");
    warm.abort();
    await running.end();
    await rig.advance(61_000);
    expect(events.filter((event) => event === "waits")).toHaveLength(1);
  });

  it("is shown by describe() and in the worker's report", async () => {
    const call = watch(system.ref(Resize).wait("a"));
    await rig.settle();
    expect(system.describe().pools).toMatchObject([
      { name: "Resize", balance: "least-busy", concurrency: 2, running: 1, waiting: 0, standing: "normal" },
      { name: "Spread", balance: "round-robin", concurrency: 1, running: 0 },
    ]);
    expect(system.describe().checks.pools).toBe("ok");
    expect(system.report()?.pools?.items.map(({ type, running }) => [type, running])).toEqual([
      ["Resize", 1],
      ["Spread", 0],
    ]);
    gate.open();
    await call.end();
  });
});

describe("what a stateless type is not", () => {
  it("has no keys, and actors have: the reference says which is missing", async () => {
    expect(() => system.ref(Resize, "cat")).toThrow(InvalidAddressError);
    expect(() => system.ref(Album)).toThrow('"Album" is a type of actors: say which one, ref(Album, key)');
    const client = await rig.host([], { process: "client" });
    expect((await refusalOf(client.ref<Resize>("Resize", "cat").run("a", 1))).message).toContain(
      '"Resize" is a stateless type and has no keys: leave the key out, ref(Resize)',
    );
    expect(await refusalOf(client.ref<Album>("Album").all())).toBeInstanceOf(InvalidAddressError);
  });

  it("takes part in no transaction; a turn in one asks it plainly", async () => {
    const refusal = await refusalOf(system.transaction((tx) => tx.ref(Resize, "*").run("a", 1)));
    expect((refusal.cause as Error | undefined) ?? refusal).toBeInstanceOf(UnsupportedError);
    expect(await system.ref(Album, "one").askInTransaction("a")).toBe("a@10");
    expect(await system.ref(Album, "one").all()).toEqual(["a@10"]);
  });

  it("keeps no message until its time", async () => {
    const told = system.ref(Resize).with({ delay: "1m" }).tell.run("a", 1);
    expect(await refusalOf(told)).toBeInstanceOf(UnsupportedError);
    expect(await refusalOf(system.ref(Album, "one").later())).toBeInstanceOf(UnsupportedError);
  });

  it("has no state to read, erase or seed", async () => {
    expect(await refusalOf(system.actors.read("Resize/*"))).toBeInstanceOf(UnsupportedError);
    expect(await refusalOf(system.actors.erase("Resize/*"))).toBeInstanceOf(UnsupportedError);
    await expect(system.seed(Resize, "a", {})).rejects.toBeInstanceOf(ConfigError);
  });

  it("is refused under the name of a type of actors", async () => {
    @Stateless("Album")
    class Impostor {
      @Handler() run(): void {}
    }
    await expect(rig.host([Impostor], { process: "other" })).rejects.toThrow(
      '@Stateless("Album"): it is a type of actors in this namespace',
    );
    await expect(rig.host([Impostor, Album], { process: "third" })).rejects.toThrow(
      'are @Stateless and @Actor("Album"); rename one',
    );
  });
});

describe("a message told to a stateless type", () => {
  it("is retried in place with backoff, and what it tells leaves with the attempt that succeeds", async () => {
    failures = 2;
    await system.ref(Resize).tell.into("one", "cat");
    await rig.settle();
    expect(events).toEqual(["awake", "try 1"]);
    expect(await system.ref(Album, "one").all()).toEqual([]);
    await rig.advance(1_000);
    expect(events).toEqual(["awake", "try 1", "try 2", "try 3"]);
    expect(await system.ref(Album, "one").all()).toEqual(["cat"]);
  });

  it("becomes one dead letter after its attempts, with the cause, and can be retried", async () => {
    failures = 3;
    await system.ref(Resize).tell.into("one", "cat");
    await rig.settle();
    await rig.advance(2_000);
    const letters = await rig.deadLetters("Resize");
    expect(letters).toMatchObject([
      { address: "Resize/*", handler: "into", attempts: 3, cause: { class: "HandlerError" } },
    ]);
    expect(await system.ref(Album, "one").all()).toEqual([]);
    expect(await system.dead.retry({ type: "Resize" })).toEqual({ retried: 1, cannot: 0 });
    await rig.settle();
    expect(await system.ref(Album, "one").all()).toEqual(["cat"]);
  });

  it("becomes a dead letter at once when it is refused, or fits no handler", async () => {
    await system.ref(Resize).tell.refuse();
    await system.ref(Resize).tell.positive(-1);
    await rig.settle();
    const letters = await rig.deadLetters("Resize");
    expect(letters.map(({ cause, attempts }) => [cause.class, attempts])).toEqual([
      ["RejectedError", 1],
      ["InvalidArgumentsError", 1],
    ]);
  });

  it("leaves an actor with the commit of its turn, and not when the turn fails", async () => {
    await system.ref(Album, "one").order("cat", false);
    await expect(system.ref(Album, "one").order("dog", true)).rejects.toBeInstanceOf(RejectedError);
    await rig.settle();
    expect(await system.ref(Album, "one").all()).toEqual(["cat"]);
  });

  it("leaves the outbox of its actor once the broker has it", async () => {
    for (let i = 0; i < 5; i++) await system.ref(Album, "one").order(`cat ${i}`, false);
    await rig.settle();
    await rig.advance(2_000);
    expect(rig.world.backlog()).toEqual([]);
    expect(await system.ref(Album, "one").all()).toHaveLength(5);
  });

  it("P1: has its effect on actors once although its worker was lost before the ack", async () => {
    const client = await rig.host([], { process: "client" });
    const other = await rig.host([Resize], { process: "other", workerId: "w-2" });
    const whole = watch(client.ref(Resize).tell.into("one", "cat"));
    await whole.end();
    rig.world.cutChannels(poolQueue("Resize"));
    await rig.settle();
    await rig.advance(10_000);
    expect(await system.ref(Album, "one").all()).toEqual(["cat"]);
    await other.close({ drainTimeout: 0 });
  });

  it("P1: is not lost, and has its effect on actors once, while channels break, workers die and confirms get lost", async () => {
    const client = await rig.host([], { process: "client" });
    const told: Promise<unknown>[] = [];
    for (let i = 0; i < 60; i++) {
      const doomed = await rig.host([Resize], { process: `doomed-${i}`, workerId: `d-${i}` });
      told.push(
        client.ref(Resize).tell.into("one", `told ${i}`),
        system.ref(Album, "one").order(`ordered ${i}`, false),
      );
      if (i % 5 === 0) rig.world.loseConfirms(2);
      if (i % 3 === 0) rig.world.cutChannels(poolQueue("Resize"));
      await rig.advance(i % 7);
      rig.world.disconnect(`doomed-${i}`);
      await doomed.close({ drainTimeout: 0 });
    }
    await rig.advance(20_000);
    await Promise.all(told);
    await rig.advance(20_000);
    const all = await system.ref(Album, "one").all();
    const expected = Array.from({ length: 60 }, (_, i) => [`told ${i}`, `ordered ${i}`]).flat();
    expect(all.toSorted()).toEqual(expected.toSorted());
    // Some were run more than once, or this test shows nothing.
    expect(events.filter((event) => event.startsWith("try")).length).toBeGreaterThan(expected.length);
    expect(await rig.deadLetters("Resize")).toEqual([]);
  });

  it("gets its first answer when it asks an actor again in its next attempt", async () => {
    failures = 1;
    await system.ref(Resize).tell.askInto("one", "cat");
    await rig.settle();
    await rig.advance(2_000);
    expect(failures).toBe(-1);
    expect(await system.ref(Album, "one").all()).toEqual(["cat"]);
  });

  it("is a dead letter when it was delivered ten times without an end", async () => {
    const text = messageText({ to: "Resize/*", kind: "tell", handler: "wait", id: "u:bad" }, '["bad"]');
    const frame = { headers: { v: wireVersion, segments: [] }, body: frameBody([text]) };
    await rig.world.connect("stranger").pools.send(poolQueue("Resize"), frame);
    await rig.settle();
    for (let crash = 0; crash < 10; crash++) {
      rig.world.cutChannels(poolQueue("Resize"));
      await rig.advance(6_000);
    }
    const [letter] = await rig.deadLetters("Resize");
    expect(letter?.cause.class).toBe(FatalMessageError.name);
    expect(rig.world.backlog()).toEqual([]);
  });

  it("P13: is a dead letter when its frame cannot be read, and the next is handled", async () => {
    const { pools } = rig.world.connect("stranger");
    const body = new TextEncoder().encode("no JSON");
    await pools.send(poolQueue("Resize"), { headers: { v: wireVersion, segments: [] }, body });
    await rig.settle();
    expect(await rig.deadLetters("Resize")).toMatchObject([{ handler: "", message: { frame: expect.any(String) } }]);
    expect(await system.ref(Resize).run("a", 1)).toBe("a@1");
  });

  it("waits in its queue until a worker hosts the type", async () => {
    await system.close({ drainTimeout: 0 });
    const client = await rig.host([], { process: "client" });
    await client.ref(Resize).tell.into("one", "cat");
    await rig.settle();
    expect(events).toEqual([]);
    const worker = await rig.host([Album, Resize], { process: "second" });
    await rig.settle();
    expect(await worker.ref(Album, "one").all()).toEqual(["cat"]);
  });
});

describe("a stateless type that an operator paused", () => {
  it("begins no call from a second later on, and does what waited once it is resumed", async () => {
    expect(await system.actors.pause("Resize")).toEqual(["Resize"]);
    await rig.advance(1_000);
    expect((await system.cluster.describe()).pools.map(({ name, paused }) => [name, paused])).toEqual([
      ["Resize", true],
      ["Spread", false],
    ]);
    const told = Array.from({ length: 5 }, (_, n) => system.ref(Resize).tell.into("one", `cat ${n}`));
    await Promise.all(told);
    const asked = watch(system.ref(Resize).run("late", 1));
    await rig.advance(40_000);
    expect(events).toEqual([]);
    expect(asked.error?.code).toBe("ASK_TIMEOUT");
    expect(system.describe().pools[0]).toMatchObject({ name: "Resize", paused: true, waiting: 0 });
    expect(await system.actors.resume("Resize/*")).toEqual(["Resize"]);
    expect(await system.actors.resume("Resize")).toEqual([]);
    await rig.advance(1_000);
    expect(await system.ref(Album, "one").all()).toHaveLength(5);
    expect(rig.logged("warn")).toContain("Resize is paused: no call of it begins, messages wait");
    expect(rig.logged("info")).toContain("Resize is resumed");
  });

  it("does not run in a worker that starts meanwhile, and lets what runs end", async () => {
    const running = watch(system.ref(Resize).wait("a"));
    await rig.settle();
    await system.actors.pause("Resize");
    const other = await rig.host([Resize], { process: "other", workerId: "w-2" });
    await rig.advance(1_000);
    await system.ref(Resize).tell.wait("c");
    await rig.advance(5_000);
    gate.open();
    expect((await running.end()).value).toBe("a");
    expect(events).not.toContain("begin c");
    await other.close({ drainTimeout: 0 });
  });

  it("keeps no worker from stopping: calls of its own queue are refused, all else goes to others", async () => {
    await system.actors.pause("Spread");
    await rig.advance(1_000);
    const client = await rig.host([], { process: "client" });
    await client.ref(Spread).tell.untilWithdrawn();
    for (let i = 0; i < 2; i++) {
      watch(client.ref(Spread).with({ timeout: "5m" }).untilWithdrawn());
      await rig.settle();
    }
    const asked = watch(client.ref(Spread).with({ timeout: "5m" }).untilWithdrawn());
    await rig.settle();
    const closed = watch(system.close({ drainTimeout: "20s" }));
    await rig.advance(2_000);
    expect(closed.state).toBe("resolved");
    expect(asked.error).toBeInstanceOf(NotStartedError);
    expect(events).toEqual([]);
    expect(rig.world.backlog()).toContain(poolQueue("Spread"));
  });

  it("is named without a key", async () => {
    expect(await refusalOf(system.actors.pause("Resize/cat"))).toBeInstanceOf(InvalidAddressError);
  });
});

describe("a worker that stops", () => {
  it("finishes what runs, and leaves what has not begun to the others", async () => {
    const other = await rig.host([Album, Resize], { process: "client", workerId: "w-2" });
    const told = ["a", "b", "c", "d", "e"].map((name) => other.ref(Resize).tell.wait(name));
    await Promise.all(told);
    await rig.settle();
    const running = events.filter((event) => event.startsWith("begin"));
    expect(running).toHaveLength(4);
    const closed = watch(system.close({ drainTimeout: "10s" }));
    await rig.advance(1_000);
    expect(closed.state).toBe("pending");
    gate.open();
    await rig.advance(1_000);
    await closed.end();
    await rig.settle();
    expect(events.filter((event) => event.startsWith("end")).sort()).toEqual(
      ["a", "b", "c", "d", "e"].map((n) => `end ${n}`),
    );
    expect(rig.world.backlog().filter((queue) => queue.startsWith("pool:"))).toEqual([]);
  });

  it("gives back what it has not begun without spending its redeliveries: twelve stops in a row make no dead letter", async () => {
    await system.close({ drainTimeout: 0 });
    const client = await rig.host([], { process: "client" });
    failures = Number.POSITIVE_INFINITY;
    await client.ref(Resize).tell.into("one", "cat");
    for (let stop = 0; stop < 12; stop++) {
      // Each fails once, and stops before the next attempt.
      const next = await rig.host([Resize], { process: `next-${stop}`, workerId: `n-${stop}` });
      await rig.settle();
      const closed = watch(next.close({ drainTimeout: "1s" }));
      await rig.advance(10);
      expect(closed.state).toBe("resolved");
    }
    expect(events.filter((event) => event === "try 1")).toHaveLength(12);
    failures = 0;
    const last = await rig.host([Album, Resize], { process: "last", workerId: "last" });
    await rig.settle();
    expect(await rig.deadLetters("Resize")).toEqual([]);
    expect(await last.ref(Album, "one").all()).toEqual(["cat"]);
    expect(rig.world.backlog()).toEqual([]);
  });

  it("cuts short at the end of its time what still runs, which another worker runs again", async () => {
    const told = system.ref(Resize).tell.wait("a");
    await told;
    await rig.settle();
    const closed = watch(system.close({ drainTimeout: "1s" }));
    await rig.advance(2_000);
    expect((await closed.end()).state).toBe("resolved");
    gate.open();
    const other = await rig.host([Resize], { process: "second", workerId: "w-2" });
    await rig.settle();
    expect(events.filter((event) => event === "begin a")).toHaveLength(2);
    await other.close({ drainTimeout: 0 });
  });
});

describe("@Stateless", () => {
  it.each([
    ["no name", () => Stateless("")(Plain()), 'give it a name, @Stateless("Given")'],
    ["a name of the system", () => Stateless("$Given")(Plain()), 'begins with "$"'],
    ["an unknown balance", () => Stateless("G", { balance: "fair" as "random" })(Plain()), "must be one of least-busy"],
    [
      "no concurrency",
      () => Stateless("G", { concurrency: 0 })(Plain()),
      "concurrency: 0 is not a whole number from 1",
    ],
    ["no attempts", () => Stateless("G", { attempts: 0 })(Plain()), "attempts: 0 is not a whole number"],
    ["a balance beside the options", () => Stateless("G", "random" as never)(Plain()), '"random" is no options; write'],
    ["no options", () => Stateless("G", null as never)(Plain()), "null is no options"],
    ["an option of actors", () => Stateless("G", { partitions: 4 } as object)(Plain()), "unknown option partitions"],
    ["an actor", () => Stateless("G")(Album), "is decorated with @Actor and @Stateless; keep one"],
  ])("refuses %s and names the fix", (_, decorate, message) => {
    expect(decorate).toThrow(ConfigError);
    expect(decorate).toThrow(message);
  });

  it("refuses state, transactions and onDeactivate when its worker starts", async () => {
    @Stateless("Kept")
    class Kept {
      @State() protected count = 0;
      @Handler() run(): void {}
    }
    @Stateless("Atomic")
    class Atomic {
      @Handler() @Transactional() run(): void {}
    }
    @Stateless("Leaving")
    class Leaving {
      @Handler() run(): void {}
      onDeactivate(): void {}
    }
    @Stateless("Empty")
    class Empty {
      run(): void {}
    }
    const refused = async (type: new () => object) =>
      (await refusalOf(rig.host([type], { process: "refused", workerId: "w-9" }))).message;
    expect(await refused(Kept)).toContain("@State on Kept.count: a stateless type keeps nothing");
    expect(await refused(Atomic)).toContain(
      "@Transactional on Atomic.run: a stateless type takes part in no transaction",
    );
    expect(await refused(Leaving)).toContain("remove onDeactivate");
    expect(await refused(Empty)).toContain("nothing can be called");
  });
});

function Plain(): new () => object {
  return {
    Given: class {
      run(): void {}
    },
  }.Given;
}
