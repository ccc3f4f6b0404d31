import {
  AskTimeoutError,
  ConflictError,
  InvalidArgumentsError,
  LockLostError,
  NotSendableError,
  StateVersionError,
  TooLargeError,
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
} from "@actor-runtime/runtime";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { frameOf, Gate, Rig, refusalOf, type Watched, watch } from "./support.js";

let gate: Gate;
let failing: boolean;
let events: string[];

@Actor("Plan", { partitions: 1, attempts: 3 })
class Plan {
  private readonly self = inject(ActorContext);
  @State({ name: "limit" }) private most = 10;
  @State() private notes: string[] = [];

  onDeactivate(): void {
    events.push("goodbye");
  }
  @Handler() note(text: string): number {
    events.push(`note ${text}`);
    if (failing) throw new Error("on purpose");
    return this.notes.push(text);
  }
  @Handler() async noteSlowly(text: string): Promise<number> {
    await gate.pass();
    return this.note(text);
  }
  @Handler() raise(): number {
    return ++this.most;
  }
  @Handler() isNew(): boolean {
    return this.self.isNew;
  }
  @Query() list(): unknown[] {
    return [this.most, ...this.notes];
  }
}

@Actor("Deal", { partitions: 1 })
class DealOne {
  @State() private pages = 0;
  @Handler() write(): number {
    return ++this.pages;
  }
}

@Actor("Deal", { partitions: 1, version: 2 })
class DealTwo {
  @State() private pages = 0;
  @State() private signed = false;
  @Handler() write(): number {
    return ++this.pages;
  }
  @Query() look(): unknown[] {
    return [this.pages, this.signed];
  }
}

/** A field came, without a new version. */
@Actor("Deal", { partitions: 1 })
class DealWithNotes {
  @State() private pages = 0;
  @State() private notes: string[] = [];
  @Query() look(): unknown[] {
    return [this.pages, ...this.notes];
  }
}

let rig: Rig;
let system: LocalSystem;
const address = "Plan/a";
const partition = "Plan:g1:00";

beforeEach(async () => {
  gate = new Gate();
  failing = false;
  events = [];
  rig = new Rig();
  system = await rig.host([Plan]);
});

const plan = () => system.ref(Plan, "a");

/** As a caller sees it while time goes on. */
async function ended<T>(promise: Promise<T>): Promise<Watched<T>> {
  const watched = watch(promise);
  await rig.advance(1_000);
  if (watched.state === "pending") throw new Error("it has not ended");
  return watched;
}

describe("load and compareAndSet", () => {
  it("change what was loaded, and the instance in memory is made anew", async () => {
    await plan().note("a");
    const { state, version } = await system.actors.load(address);
    expect(state).toEqual({ limit: 10, notes: ["a"] });
    const next = await system.actors.compareAndSet(address, version, { ...state, limit: 20 });
    expect(await plan().list()).toEqual([20, "a"]);
    expect(await plan().raise()).toBe(21);
    expect(events).toEqual(["note a", "goodbye"]);
    expect(next).not.toBe(version);
  });

  it("give the version of the new state, so that one change follows another", async () => {
    let { version } = await system.actors.load(address);
    for (let limit = 1; limit < 4; limit++) version = await system.actors.compareAndSet(address, version, { limit });
    expect(await system.actors.load(address)).toEqual({ state: { limit: 3, notes: [] }, version });
  });

  it("refuse with ConflictError what changed since, and change nothing", async () => {
    const { version } = await system.actors.load(address);
    await plan().note("a");
    const error = await refusalOf(system.actors.compareAndSet(address, version, { limit: 20 }));
    expect(error).toBeInstanceOf(ConflictError);
    expect(error).toMatchObject({ code: "CONFLICT", effect: "none", retryable: true });
    expect(error.message).toContain("load it again");
    expect(await plan().list()).toEqual([10, "a"]);
    expect(events).toEqual(["note a"]);
  });

  it("let one of two win that loaded the same", async () => {
    const { version } = await system.actors.load(address);
    const both = [1, 2].map((limit) => watch(system.actors.compareAndSet(address, version, { limit })));
    await rig.settle();
    expect(both.map(({ state }) => state).sort()).toEqual(["rejected", "resolved"]);
    expect(both.find(({ error }) => error)?.error).toBeInstanceOf(ConflictError);
  });

  it("begin with an actor of which nothing is stored, and end with one by undefined", async () => {
    const none = await system.actors.load(address);
    expect(none.state).toBeUndefined();
    const version = await system.actors.compareAndSet(address, none.version, { limit: 20 });
    expect(await plan().isNew()).toBe(false);
    expect(await system.actors.compareAndSet(address, version, undefined)).toBe(none.version);
    expect(await system.actors.load(address)).toEqual(none);
    expect(await plan().isNew()).toBe(true);
    expect(await plan().list()).toEqual([10]);
  });

  it("store nothing for a state that is the initial one", async () => {
    const none = await system.actors.load(address);
    expect(await system.actors.compareAndSet(address, none.version, { limit: 10, notes: [] })).toBe(none.version);
    expect(await system.actors.read(address)).toBeUndefined();
  });

  it("give a field that is left out its initial value", async () => {
    await plan().note("a");
    const { version } = await system.actors.load(address);
    await system.actors.compareAndSet(address, version, { limit: 20 });
    expect(await plan().list()).toEqual([20]);
  });

  it("work for an actor that is in memory or not, after a crash, and from a client that hosts nothing", async () => {
    const client = await rig.host([], { process: "client" });
    const { version } = await client.actors.load(address);
    const next = await client.actors.compareAndSet(address, version, { notes: ["client"] });
    await system.crash(address);
    await client.actors.compareAndSet(address, next, { notes: ["again"] });
    expect(await plan().list()).toEqual([10, "again"]);
  });

  it("carry everything that state may hold", async () => {
    const { version } = await system.actors.load(address);
    const notes = [1n, new Date(0), new Map([["a", new Set([1])]]), undefined, new Uint8Array([1])];
    await system.actors.compareAndSet(address, version, { notes });
    expect((await system.actors.load(address)).state).toEqual({ limit: 10, notes });
  });

  it("see the same version whatever locks the actor was called under", async () => {
    await plan().note("a");
    const { version } = await system.actors.load(address);
    const locks = [["report", 1_767_225_600_000_007]] as const;
    const query = {
      to: address,
      kind: "query",
      handler: "list",
      args: [],
      call: "1",
      replyTo: "nobody",
      locks,
    } as const;
    await rig.publish(partition, frameOf({ stream: "1767225600000-holder", first: 0, after: 0 }, [query]));
    await rig.settle();
    expect((await system.actors.load(address)).version).toBe(version);
    await system.actors.compareAndSet(address, version, undefined);
    expect((await system.actors.load(address)).state).toBeUndefined();
  });
});

describe("compareAndSet takes its place in the mailbox", () => {
  it("after the turn that runs and what was sent before, and before what is sent after", async () => {
    const { version } = await system.actors.load(address);
    const slow = watch(plan().noteSlowly("slow"));
    await rig.settle();
    const lost = watch(system.actors.compareAndSet(address, version, { limit: 20 }));
    const behind = watch(plan().note("behind"));
    await rig.settle();
    expect([slow.state, lost.state, behind.state]).toEqual(["pending", "pending", "pending"]);
    gate.open();
    await rig.settle();
    expect(lost.error).toBeInstanceOf(ConflictError);
    expect([slow.value, behind.value]).toEqual([1, 2]);
  });

  it("and what waits behind it meets the new state", async () => {
    const { version } = await system.actors.load(address);
    const set = watch(system.actors.compareAndSet(address, version, { notes: ["set"] }));
    const behind = watch(plan().note("behind"));
    const query = watch(plan().list());
    await rig.settle();
    expect([set.state, behind.value]).toEqual(["resolved", 2]);
    expect(query.value).toEqual([10, "set", "behind"]);
  });

  it("behind a message that is held for its next attempt, which it does not pass", async () => {
    const { version } = await system.actors.load(address);
    failing = true;
    await plan().tell.note("told");
    await rig.settle();
    const set = watch(system.actors.compareAndSet(address, version, { limit: 20 }));
    await rig.settle();
    expect(set.state).toBe("pending");
    failing = false;
    await rig.advance(20_000);
    expect(set.error).toBeInstanceOf(ConflictError);
    expect(await plan().list()).toEqual([10, "told"]);
  });

  it("waits while its actor is paused, and is not begun any more once its caller's time is over", async () => {
    const { version } = await system.actors.load(address);
    await plan().list();
    await system.actors.pause("Plan");
    await rig.advance(2_000);
    const set = watch(system.actors.compareAndSet(address, version, { limit: 20 }));
    await rig.advance(60_000);
    expect(set.error).toBeInstanceOf(AskTimeoutError);
    await system.actors.resume("Plan");
    await rig.advance(5_000);
    expect(await plan().list()).toEqual([10]);
    await system.actors.pause("Plan");
    await rig.advance(2_000);
    const again = watch(system.actors.compareAndSet(address, version, { limit: 30 }));
    await rig.advance(2_000);
    await system.actors.resume("Plan");
    await rig.advance(5_000);
    expect(again.state).toBe("resolved");
  });
});

describe("P2: compareAndSet is done once", () => {
  /** Its answers are lost until they are not. */
  async function deaf(): Promise<{ client: LocalSystem; hear: () => void }> {
    let losing = true;
    const client = await rig.host([], {
      process: "client",
      ports: ({ broker, ...ports }) => {
        const openReplies: typeof broker.openReplies = (listener) =>
          broker.openReplies({
            receive: (body) => void (losing || listener.receive(body)),
            reopened: () => listener.reopened(),
          });
        return { ...ports, broker: { ...broker, openReplies } };
      },
    });
    return { client, hear: () => void (losing = false) };
  }

  it.each(["", " and the worker crashed"])(
    "so its repeat after a lost answer is no conflict with itself%s",
    async (and) => {
      const { client, hear } = await deaf();
      const { version } = await client.actors.load(address);
      const set = watch(client.actors.compareAndSet(address, version, { limit: 20 }));
      await rig.advance(10_000);
      expect(set.state).toBe("pending");
      expect(await plan().raise()).toBe(21);
      if (and) await system.crash(address);
      hear();
      await rig.advance(10_000);
      expect(set.state).toBe("resolved");
      expect(await plan().list()).toEqual([21]);
    },
  );

  it("so the repeat of one that was refused is refused, although the state is back again", async () => {
    const { client, hear } = await deaf();
    const { version } = await client.actors.load(address);
    const other = await system.actors.compareAndSet(address, version, { limit: 11 });
    const set = watch(client.actors.compareAndSet(address, version, { limit: 20 }));
    await rig.advance(10_000);
    await system.actors.compareAndSet(address, other, undefined);
    hear();
    await rig.advance(10_000);
    expect(set.error).toBeInstanceOf(ConflictError);
    expect(await plan().list()).toEqual([10]);
  });

  it("also when another worker takes over before the answer left", async () => {
    const { version } = await system.actors.load(address);
    const client = await rig.host([], { process: "client" });
    rig.world.disconnect("main", "store");
    const set = watch(client.actors.compareAndSet(address, version, { limit: 20 }));
    await rig.host([Plan], { process: "next" });
    await rig.advance(29_000);
    expect(set.state).toBe("resolved");
    expect((await client.actors.load(address)).state).toEqual({ limit: 20, notes: [] });
  });
});

describe("P13: compareAndSet refuses by name, and changes nothing", () => {
  it.each<[string, unknown, new (...args: never[]) => Error, string]>([
    [
      "a field the class does not have",
      { most: 1 },
      InvalidArgumentsError,
      "state.most is no @State field of class Plan",
    ],
    ["a field of every object", { constructor: 1 }, InvalidArgumentsError, "state.constructor"],
    ["what is no object", "limit", InvalidArgumentsError, "state must be an object"],
    ["null", null, InvalidArgumentsError, "state must be an object"],
    ["a list", [1], InvalidArgumentsError, "state must be an object"],
    ["an instance of a class", new Map(), InvalidArgumentsError, "state must be an object"],
    ["a value that cannot be sent", { notes: [() => 1] }, NotSendableError, "state.notes[0]"],
    ["more than a message may hold", { notes: ["x".repeat(257 * 1024)] }, TooLargeError, "at most 262144"],
  ])("%s", async (_, state, type, message) => {
    await plan().note("a");
    const before = await system.actors.load(address);
    const error = await refusalOf(
      system.actors.compareAndSet(address, before.version, state as Record<string, unknown>),
    );
    expect(error).toBeInstanceOf(type);
    expect(error.message).toContain(message);
    expect(await system.actors.load(address)).toEqual(before);
    expect(rig.escaped).toEqual([]);
  });

  it("a version that nobody gave", async () => {
    for (const version of ["", "none?", 7 as unknown as string, undefined as unknown as string]) {
      expect(await refusalOf(system.actors.compareAndSet(address, version, {}))).toBeInstanceOf(ConflictError);
    }
  });

  it("a stranger's message of that name with wrong arguments", async () => {
    const messages = [[], ["none", 7], [null, null], [{}, []]].map((args, n) => {
      return { to: address, kind: "ask", handler: "$compareAndSet", args, call: `${n}`, replyTo: "nobody" } as const;
    });
    await rig.publish(partition, frameOf({ stream: "1767225600000-raw", first: 1, after: 0 }, messages));
    const told = { to: address, kind: "tell", handler: "$compareAndSet", args: ["none", {}] } as const;
    await rig.publish(partition, frameOf({ stream: "1767225600000-raw", first: 5, after: 4 }, [told]));
    await rig.settle();
    expect(rig.escaped).toEqual([]);
    expect(await plan().list()).toEqual([10]);
    expect(await rig.deadLetters("Plan")).toMatchObject([{ cause: { class: "UnknownHandlerError" } }]);
  });

  it("under a lock that somebody took later", async () => {
    await rig.host(systemActors, { process: "locks" });
    const seen = { to: address, kind: "query", handler: "list", args: [], call: "1", replyTo: "nobody" } as const;
    const now = rig.clock.now();
    const locks = [["report", (now + 3_600_000) * 1_000]] as const;
    await rig.publish(partition, frameOf({ stream: `${now}-h`, first: 0, after: 0 }, [{ ...seen, locks }]));
    await rig.settle();
    const held = watch(
      system.locks.withLock("report", async () => {
        const { version } = await system.actors.load(address);
        return system.actors.compareAndSet(address, version, { limit: 20 });
      }),
    );
    await rig.advance(1_000);
    expect(held.error).toBeInstanceOf(LockLostError);
    expect(await plan().list()).toEqual([10]);
  });
});

describe("a class that changed", () => {
  it("an older stored state is compared as it is stored, and what is set is of the class' version", async () => {
    const old = await rig.host([DealOne], { process: "old" });
    await old.ref(DealOne, "d").write();
    await old.close();
    const next = await rig.host([DealTwo], { process: "new" });
    const { state, version } = await next.actors.load("Deal/d");
    expect(state).toEqual({ pages: 1 });
    // It is in memory now with every field of the class, and nothing was written.
    expect(await next.ref(DealTwo, "d").look()).toEqual([1, false]);
    const set = await next.actors.compareAndSet("Deal/d", version, { pages: 1, signed: true });
    expect(await next.ref(DealTwo, "d").look()).toEqual([1, true]);
    expect(await next.actors.load("Deal/d")).toEqual({ state: { pages: 1, signed: true }, version: set });
  });

  it("a younger field is stored also when its value is that of the instance in memory", async () => {
    const old = await rig.host([DealOne], { process: "old" });
    await old.ref(DealOne, "d").write();
    await old.close();
    const next = await rig.host([DealWithNotes], { process: "new" });
    expect(await next.ref(DealWithNotes, "d").look()).toEqual([1]);
    const { version } = await next.actors.load("Deal/d");
    const set = await next.actors.compareAndSet("Deal/d", version, { pages: 1 });
    expect(await next.actors.load("Deal/d")).toEqual({ state: { pages: 1, notes: [] }, version: set });
  });

  it("a state newer than the class is StateVersionError", async () => {
    const next = await rig.host([DealTwo], { process: "new" });
    await next.ref(DealTwo, "d").write();
    await next.close();
    const old = await rig.host([DealOne], { process: "old" });
    const { version } = await old.actors.load("Deal/d");
    const set = await ended(old.actors.compareAndSet("Deal/d", version, { pages: 5 }));
    expect(set.error).toBeInstanceOf(StateVersionError);
    expect((await old.actors.load("Deal/d")).version).toBe(version);
  });
});

describe("many who change one actor at once", () => {
  @Actor("Counter", { partitions: 1 })
  class Counter {
    @State() private count = 0;
    @Handler() async add(ms: number): Promise<number> {
      const { count } = this;
      await new Promise<void>((resolve) => rig.clock.after(ms, resolve));
      return (this.count = count + 1);
    }
    @Query() total(): number {
      return this.count;
    }
  }

  async function addFromOutside(from: LocalSystem): Promise<number> {
    for (;;) {
      const { state, version } = await from.actors.load("Counter/c");
      const count = ((state?.["count"] as number | undefined) ?? 0) + 1;
      try {
        await from.actors.compareAndSet("Counter/c", version, { count });
        return count;
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
      }
    }
  }

  it("lose no increment, and each gives another number: turns and compareAndSet are linearizable", async () => {
    const step = fc.record({
      outside: fc.boolean(),
      client: fc.nat(1),
      turnMs: fc.nat(20),
      afterMs: fc.nat(30),
      crash: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 12 }), async (steps) => {
        rig = new Rig();
        const host = await rig.host([Counter]);
        const clients = [host, await rig.host([], { process: "client" })];
        const adds: Watched<number>[] = [];
        for (const { outside, client, turnMs, afterMs, crash } of steps) {
          const from = clients[client]!;
          adds.push(watch(outside ? addFromOutside(from) : from.ref(Counter, "c").add(turnMs)));
          await rig.advance(afterMs);
          if (crash && outside) await host.crash("Counter/c");
        }
        await rig.advance(60_000);
        expect(adds.map(({ error }) => error)).toEqual(steps.map(() => undefined));
        const given = adds.map(({ value }) => value).sort((a, b) => a! - b!);
        expect(given).toEqual(steps.map((_, n) => n + 1));
        expect(await host.ref(Counter, "c").total()).toBe(steps.length);
        await host.close();
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
