import { Actor, ActorContext, Handler, inject, type LocalSystem, Query, State } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { frameOf, Gate, Rig, rawFrame, watch } from "./support.js";

let gate: Gate;
let events: string[];

@Actor("Counter", { partitions: 1 })
class Counter {
  private readonly self = inject(ActorContext);
  @State() private count = 0;
  @State() private seen: string[] = [];

  @Handler() add(name = ""): number {
    events.push(`add ${name}`);
    this.seen.push(name);
    return ++this.count;
  }
  @Handler() async addSlowly(name: string): Promise<number> {
    events.push(`begin ${name}`);
    await gate.pass();
    return this.add(name);
  }
  @Handler() addAndTell(name: string, other: string): number {
    this.self.ref(Counter, other).tell.add(name);
    return this.add(name);
  }
  /** Tells only after it was let on, which may be too late. */
  @Handler() async wander(other: string): Promise<number> {
    events.push("begin wander");
    this.self.signal.addEventListener("abort", () => events.push("aborted"));
    await gate.pass();
    try {
      this.self.ref(Sink, other).tell.add("wandered");
      events.push("told");
    } catch (error) {
      events.push((error as Error).name);
    }
    return ++this.count;
  }
  @Handler() fail(): void {
    events.push("fail");
    throw new Error("on purpose");
  }
  @Handler() async tellThenAsk(name: string, other: string): Promise<void> {
    this.self.ref(Sink, other).tell.add(`${name} told`);
    await Promise.resolve();
  }
  @Handler() async askOther(name: string, other: string): Promise<number> {
    events.push(`ask ${name}`);
    return this.self.ref(Sink, other).add(`${name} asked`);
  }
  @Query() list(): string[] {
    return this.seen;
  }
}

@Actor("Sink", { partitions: 1 })
class Sink {
  @State() private seen: string[] = [];
  @Handler() add(name: string): number {
    return this.seen.push(name);
  }
  @Query() list(): string[] {
    return this.seen;
  }
}

let rig: Rig;
let system: LocalSystem;

beforeEach(async () => {
  gate = new Gate();
  events = [];
  rig = new Rig();
  system = await rig.host([Counter, Sink]);
});

const counter = (key = "c") => system.ref(Counter, key);
const partition = "Counter:g1:00";

/** Frames of a sender of our own making. */
function told(first: number, after: number, names: string[], stream = "1767225600000-raw") {
  return frameOf(
    { stream, first, after },
    names.map((name) => ({ to: "Counter/c", handler: "add", args: [name] })),
  );
}

describe("P5: nothing leaves before the commit it depends on", () => {
  it.each(["before", "after"] as const)(
    "is known: replies, tells, errors and acks wait while the commit fails %s writing, then leave once",
    async (mode) => {
      rig.world.store.failCommits(4, mode);
      const answers = [counter().addAndTell("a", "other"), counter().fail(), counter("d").add("b")].map((answer) =>
        watch<unknown>(answer),
      );
      await rig.settle();
      expect(events).toEqual(["add a", "fail", "add b"]);
      expect(rig.replies).toEqual([]);
      expect(rig.messagesTo(partition).filter(({ kind }) => kind === "tell")).toEqual([]);
      expect(answers.map(({ state }) => state)).toEqual(["pending", "pending", "pending"]);
      await rig.advance(2_000);
      expect(answers.map(({ state }) => state)).toEqual(["resolved", "rejected", "resolved"]);
      expect(await counter("other").list()).toEqual(["a"]);
      // Frames were acked after the commit and not before, so none comes again.
      rig.world.cutChannels();
      await rig.advance(5_000);
      expect(await counter().list()).toEqual(["a"]);
      expect(rig.messagesTo(partition).filter(({ kind }) => kind === "tell")).toHaveLength(1);
    },
  );

  it("is known: a frame is not acked before, so it comes again to the next owner", async () => {
    rig.world.store.failCommits(1_000, "before");
    const answer = watch(counter().add("a"));
    await rig.settle();
    expect(events).toEqual(["add a"]);
    rig.world.cutChannels();
    await rig.settle();
    rig.world.store.failCommits(0, "before");
    await rig.advance(5_000);
    expect(events).toEqual(["add a", "add a"]);
    expect(answer.value).toBe(1);
    expect(await counter().list()).toEqual(["a"]);
  });

  it("S7: an ask made in a turn waits for the commits of its actor's earlier turns, and comes after their tells", async () => {
    await system.ref(Sink, "s").list();
    rig.world.store.failCommits(3, "before");
    for (const call of [counter().tellThenAsk("first", "s"), counter().askOther("second", "s")]) watch<unknown>(call);
    await rig.settle();
    expect(events).toEqual(["ask second"]);
    expect(rig.messagesTo("Sink:g1:00").filter(({ kind }) => kind !== "query")).toEqual([]);
    await rig.advance(2_000);
    expect(await system.ref(Sink, "s").list()).toEqual(["first told", "second asked"]);
  });

  it("while the store does not answer, asks that would start are refused, and nothing of them happens", async () => {
    rig.world.store.failCommits(1_000, "before");
    const first = watch(counter().add("a"));
    await rig.advance(500);
    const second = watch(counter("d").add("b"));
    await rig.settle();
    expect(events).toEqual(["add a"]);
    rig.world.store.failCommits(0, "before");
    await rig.advance(2_000);
    expect(first.value).toBe(1);
    expect(second.error).toMatchObject({ code: "OVERLOADED", scope: "store", effect: "none" });
  });

  it("while the store does not answer, a tell waits and spends no attempt", async () => {
    await counter().tell.add("a");
    await rig.settle();
    rig.world.disconnect("main", "store");
    await counter().tell.add("b");
    await rig.advance(30_000);
    rig.world.reconnect("main", "store");
    await rig.advance(30_000);
    expect(await counter().list()).toEqual(["a", "b"]);
    expect(await rig.deadLetters("Counter")).toEqual([]);
  });
});

describe("P6: only the owner of the current fence commits", () => {
  /** A worker that goes on believing in its leases, while others hear no more of it, as one whose process was paused. */
  async function believer() {
    rig = new Rig();
    let believes = false;
    const first = await rig.host([Counter, Sink], {
      process: "first",
      ports: (ports) => ({
        ...ports,
        leases: {
          acquire: (...args) => ports.leases.acquire(...args),
          release: (lease) => ports.leases.release(lease),
          inspect: (name) => ports.leases.inspect(name),
          renew: (renewals, ttlMs) =>
            believes
              ? Promise.resolve(
                  renewals.map(({ lease }) => ({ lease: { ...lease, until: ports.clock.monotonic() + ttlMs } })),
                )
              : ports.leases.renew(renewals, ttlMs),
        },
        membership: {
          join: (...args) => ports.membership.join(...args),
          leave: (...args) => ports.membership.leave(...args),
          view: () => ports.membership.view(),
          placements: (...args) => ports.membership.placements(...args),
          place: (...args) => ports.membership.place(...args),
          watch: (changed) => ports.membership.watch((change) => void (believes || changed(change))),
          inquire: (...args) => ports.membership.inquire(...args),
          respond: (...args) => ports.membership.respond(...args),
          heartbeat: (...args) => (believes ? new Promise(() => {}) : ports.membership.heartbeat(...args)),
        },
      }),
    });
    return {
      first,
      believe: () => {
        believes = true;
      },
    };
  }

  it("a worker whose lease passed on commits nothing, and nothing of its turn leaves", async () => {
    const { first, believe } = await believer();
    const client = await rig.host([], { process: "client" });
    const ref = client.ref<Counter>("Counter", "c").with({ timeout: "40s" });
    const zombie = watch(ref.addSlowly("x"));
    await rig.settle();
    believe();
    const second = await rig.host([Counter, Sink], { process: "second" });
    await rig.advance(11_000);
    // The second owns the partition; the first one's channel is still open, so the frame is still with the first.
    expect(events).toEqual(["begin x"]);
    gate.open();
    await rig.settle();
    // The refused commit closed the channel; the message ran again at the owner, which answered.
    expect(rig.replies.map(({ process }) => process)).toEqual(["second"]);
    expect(zombie.value).toBe(1);
    expect(events).toEqual(["begin x", "add x", "begin x", "add x"]);
    expect(await second.ref(Counter, "c").list()).toEqual(["x"]);
    await rig.advance(250);
    expect(rig.lines.some(({ fields }) => String(fields.reason).includes("another worker owns it"))).toBe(true);
    await first.close({ drainTimeout: 0 });
  });

  it("a worker that cannot renew gives its partitions up when their leases end, and takes them again later", async () => {
    await counter().add("a");
    rig.world.disconnect("main", "store");
    await rig.advance(14_000);
    expect(system.describe().checks.partitions).not.toBe("ok");
    const second = await rig.host([Counter, Sink], { process: "second" });
    expect(await second.ref(Counter, "c").add("b")).toBe(2);
    await second.close();
    rig.world.reconnect("main", "store");
    await rig.advance(10_000);
    expect(await counter().list()).toEqual(["a", "b"]);
    expect(system.describe().checks.partitions).toBe("ok");
  });

  it("a worker whose renewals are never answered gives its partitions up when their leases end, too", async () => {
    rig = new Rig();
    const first = await rig.host([Counter], {
      process: "first",
      ports: (ports) => ({
        ...ports,
        leases: {
          acquire: (...args) => ports.leases.acquire(...args),
          release: (lease) => ports.leases.release(lease),
          inspect: (name) => ports.leases.inspect(name),
          renew: () => new Promise(() => {}),
        },
      }),
    });
    await rig.advance(9_000);
    expect(first.describe().checks.partitions).toBe("ok");
    await rig.advance(1_600);
    expect(rig.lines.some(({ fields }) => String(fields.reason).includes("ran out"))).toBe(true);
  });

  it("an idle worker keeps its partitions for ever, and nobody else gets them", async () => {
    await rig.host([Counter, Sink], { process: "second", workerId: "second" });
    await rig.advance(300_000);
    expect(await counter().add("a")).toBe(1);
    expect(rig.logged("warn")).toEqual([]);
    const holders = await Promise.all(["Counter:g1:00", "Sink:g1:00"].map((name) => rig.holderOf(name)));
    expect(holders).not.toContain("second");
  });

  it("a worker that closes hands over at once", async () => {
    await counter().add("a");
    const second = await rig.host([Counter, Sink], { process: "second" });
    await system.close();
    await rig.advance(10_000);
    expect(await second.ref(Counter, "c").add("b")).toBe(2);
  });

  it("a worker that loses its broker for a while runs each of its delayed messages once, in one activation", async () => {
    await counter().with({ delay: "20s" }).tell.add("late");
    await rig.settle();
    rig.world.disconnect("main", "broker");
    await rig.advance(30_000);
    rig.world.reconnect("main", "broker");
    await rig.advance(30_000);
    expect(events).toEqual(["add late"]);
    expect(await counter().list()).toEqual(["late"]);
    expect(system.describe().checks.partitions).toBe("ok");
  });

  it("a worker that lost its broker for a while keeps its partitions afterwards", async () => {
    rig.world.disconnect("main", "broker");
    await rig.advance(30_000);
    rig.world.reconnect("main", "broker");
    await rig.advance(30_000);
    const lost = rig.logged("warn").length;
    await counter().add("a");
    await rig.advance(120_000);
    expect(await counter().list()).toEqual(["a"]);
    expect(rig.logged("warn")).toHaveLength(lost);
  });
});

describe("a turn whose partition is lost while it runs", () => {
  it("is told by its signal, can touch nothing any more, and its message runs again", async () => {
    const first = watch(counter().wander("s"));
    await rig.settle();
    rig.world.cutChannels(partition);
    await rig.settle();
    expect(events).toEqual(["begin wander", "aborted"]);
    await rig.advance(5_000);
    expect(events).toEqual(["begin wander", "aborted", "begin wander"]);
    gate.open();
    await rig.settle();
    expect(events.slice(3).sort()).toEqual(["TurnEndedError", "told"]);
    expect(first.value).toBe(1);
    expect(await system.ref(Sink, "s").list()).toEqual(["wandered"]);
  });

  it("leaves nothing when it ends, although the store would take it", async () => {
    const first = watch(counter().addSlowly("x"));
    await rig.settle();
    await system.crash("Counter/c");
    await rig.settle();
    expect(events).toEqual(["begin x", "begin x"]);
    gate.open();
    await rig.settle();
    expect(first.value).toBe(1);
    expect(await counter().list()).toEqual(["x"]);
  });
});

describe("a store that does not answer for a while", () => {
  it("lets actors that are not in memory wait for their state, and then runs them", async () => {
    await counter().add("a");
    await system.crash("Counter/c");
    rig.world.disconnect("main", "store");
    const added = watch(counter().add("b"));
    await rig.advance(1_000);
    expect([added.state, events]).toEqual(["pending", ["add a"]]);
    rig.world.reconnect("main", "store");
    await rig.advance(2_000);
    expect(added.value).toBe(2);
  });

  it("lets asks with a key wait for their answers to be looked up", async () => {
    const keyed = counter().with({ idempotencyKey: "k" });
    await keyed.add("a");
    rig.world.disconnect("main", "store");
    const again = watch(keyed.add("a"));
    await rig.advance(1_000);
    expect(again.state).toBe("pending");
    rig.world.reconnect("main", "store");
    await rig.advance(2_000);
    expect(again.value).toBe(1);
    expect(events).toEqual(["add a"]);
  });
});

describe("P7: turns of one actor never overlap", () => {
  it("however they are sent", async () => {
    const other = await rig.host([], { process: "client" });
    const calls = [
      counter().addSlowly("a"),
      other.ref<Counter>("Counter", "c").addSlowly("b"),
      counter().tell.addSlowly("c"),
      other.ref<Counter>("Counter", "c").with({ idempotencyKey: "k" }).addSlowly("d"),
    ].map((call) => watch<unknown>(call));
    await rig.settle();
    expect(events).toHaveLength(1);
    gate.open();
    await rig.settle();
    expect(calls.every(({ state }) => state === "resolved")).toBe(true);
    for (let i = 0; i < events.length; i += 2) expect(events[i + 1]).toBe(events[i]!.replace("begin", "add"));
    expect(events).toHaveLength(8);
  });
});

describe("P8: a slow handler of one actor", () => {
  it("does not block others of its partition", async () => {
    const slow = watch(counter("slow").addSlowly("x"));
    for (let i = 0; i < 50; i++) watch(counter("slow").add(String(i)));
    await rig.settle();
    expect(await counter("quick").add("y")).toBe(1);
    expect(slow.state).toBe("pending");
  });
});

describe("P3: messages from one sender to one actor are handled in the order sent", () => {
  it("asks and tells alike", async () => {
    const names = Array.from({ length: 200 }, (_, i) => String(i));
    for (const [i, name] of names.entries()) {
      watch<unknown>(i % 3 === 0 ? counter().tell.add(name) : counter().add(name));
    }
    await rig.settle();
    expect(await counter().list()).toEqual(names);
  });

  it("through refused batches, lost confirms, cut channels and crashes", async () => {
    const names = Array.from({ length: 60 }, (_, i) => String(i));
    for (const [i, name] of names.entries()) {
      watch(counter().tell.add(name));
      if (i % 7 === 3) rig.world.loseConfirms(1);
      if (i % 11 === 5) rig.world.refuse(partition, true);
      if (i % 13 === 6) rig.world.cutChannels(partition);
      if (i % 17 === 8) await system.crash("Counter/c");
      await rig.advance(i % 5);
      rig.world.refuse(partition, false);
    }
    await rig.advance(20_000);
    expect(await counter().list()).toEqual(names);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
    "also while the mailbox of their type is looked up (%i promises later)",
    async (later) => {
      const client = await rig.host([], { process: "client" });
      const ref = client.ref<Counter>("Counter", "c");
      watch(ref.tell.add("first"));
      for (let i = 0; i < later; i++) await Promise.resolve();
      watch(ref.add("second"));
      await rig.settle();
      expect(await counter().list()).toEqual(["first", "second"]);
    },
  );

  it("from the outbox of an actor, whatever happens between commits and relays", async () => {
    const names = Array.from({ length: 40 }, (_, i) => String(i));
    for (const [i, name] of names.entries()) {
      watch(counter("teller").tell.tellThenAsk(name, "s"));
      if (i % 7 === 3) rig.world.loseConfirms(1);
      if (i % 5 === 2) rig.world.refuse("Sink:g1:00", true);
      if (i % 11 === 4) await system.crash("Counter/teller");
      await rig.advance(i % 4);
      rig.world.refuse("Sink:g1:00", false);
    }
    await rig.advance(20_000);
    expect(await system.ref(Sink, "s").list()).toEqual(names.map((name) => `${name} told`));
  });
});

describe("O1: numbers of a stream", () => {
  it("that come twice take effect once", async () => {
    await rig.publish(partition, told(1, 0, ["a", "b"]));
    await rig.publish(partition, told(1, 0, ["a", "b"]));
    await rig.publish(partition, told(2, 1, ["b", "c"]));
    await rig.settle();
    expect(await counter().list()).toEqual(["a", "b", "c"]);
  });

  it("come in order, although the broker delivers them out of order", async () => {
    await rig.publish(partition, told(3, 2, ["c"]));
    await rig.publish(partition, told(2, 1, ["b"]));
    await rig.settle();
    expect(await counter().list()).toEqual([]);
    await rig.publish(partition, told(1, 0, ["a"]));
    await rig.settle();
    expect(await counter().list()).toEqual(["a", "b", "c"]);
  });

  it("that their sender gave up are void: a late copy does nothing", async () => {
    await rig.publish(partition, told(1, 0, ["a"]));
    await rig.publish(partition, told(4, 1, ["d"]));
    await rig.publish(partition, told(2, 1, ["b", "c"]));
    await rig.settle();
    expect(await counter().list()).toEqual(["a", "d"]);
  });

  it("of other streams go on while one is held back", async () => {
    await rig.publish(partition, told(2, 1, ["held"]));
    await rig.publish(partition, told(1, 0, ["other"], "1767225600000-other"));
    expect(await counter().add("client")).toBe(2);
    expect(await counter().list()).toEqual(["other", "client"]);
  });
});

describe("O2: a hole always passes", () => {
  it("after the channel was opened anew once, and a late copy still runs", async () => {
    await rig.publish(partition, told(2, 1, ["b"]));
    await rig.advance(15_000);
    expect(await counter().list()).toEqual([]);
    await rig.advance(10_000);
    expect(await counter().list()).toEqual(["b"]);
    await rig.publish(partition, told(1, 0, ["a"]));
    await rig.settle();
    expect(await counter().list()).toEqual(["b", "a"]);
  });

  it("and is logged with its stream and its numbers, those that were only held back not among them", async () => {
    for (const n of [2, 3, 4]) await rig.publish(partition, told(n, n - 1, [String(n)]));
    await rig.advance(30_000);
    expect(await counter().list()).toEqual(["2", "3", "4"]);
    const holes = rig.lines.filter(({ level, fields }) => level === "error" && fields.cause === "unknown");
    expect(holes.map(({ fields }) => [fields.stream, fields.from, fields.to])).toEqual([["1767225600000-raw", 1, 1]]);
  });

  it("each time only after a second wait, however the wait before it ended", async () => {
    await rig.publish(partition, told(2, 1, ["b"]));
    await rig.advance(12_000);
    await rig.publish(partition, told(1, 0, ["a"]));
    await rig.settle();
    expect(await counter().list()).toEqual(["a", "b"]);
    await rig.advance(60_000);
    await rig.publish(partition, told(5, 4, ["e"]));
    await rig.advance(12_000);
    // 3 and 4 may still come: the new channel brings them in order.
    expect(await counter().list()).toEqual(["a", "b"]);
    await rig.advance(10_000);
    expect(await counter().list()).toEqual(["a", "b", "e"]);
  });

  it("and order holds among those that waited for it, although they came out of order", async () => {
    for (const n of [4, 3, 2]) await rig.publish(partition, told(n, n - 1, [String(n)]));
    await rig.advance(30_000);
    expect(await counter().list()).toEqual(["2", "3", "4"]);
  });
});

describe("P1: a store that goes back in time", () => {
  it("is detected by the next commit, and nothing stands still", async () => {
    await counter().tell.add("a");
    await rig.settle();
    const backup = rig.world.store.snapshot();
    for (const name of ["b", "c"]) await counter().tell.add(name);
    await rig.settle();
    rig.world.store.restore(backup);
    await counter().tell.add("d");
    await rig.advance(2_000);
    // b and c were acked and are lost with the store's writes; what was sent since is not.
    expect(await counter().list()).toEqual(["a", "d"]);
    expect(rig.lines.some(({ fields }) => String(fields.reason).includes("the store lost writes"))).toBe(true);
    const holes = rig.lines.filter(({ fields }) => fields.cause === "rewound");
    expect(holes.map(({ fields }) => [fields.from, fields.to])).toEqual([[2, 3]]);
    for (const name of ["e", "f"]) await counter().tell.add(name);
    await rig.settle();
    expect(await counter().list()).toEqual(["a", "d", "e", "f"]);
  });

  it("is detected by the next renewal of an idle owner, too", async () => {
    const backup = rig.world.store.snapshot();
    await counter().add("a");
    rig.world.store.restore(backup);
    await rig.advance(5_000);
    expect(rig.lines.some(({ fields }) => String(fields.reason).includes("the store lost writes"))).toBe(true);
    expect(await counter().list()).toEqual([]);
    expect(await counter().add("b")).toBe(1);
  });

  it("does not make the receiver take new tells of an outbox for old ones", async () => {
    await counter("teller").tellThenAsk("a", "s");
    await rig.advance(2_000);
    const backup = rig.world.store.snapshot();
    for (const name of ["b", "c"]) await counter("teller").tellThenAsk(name, "s");
    await rig.advance(2_000);
    const sent = await system.ref(Sink, "s").list();
    expect(sent).toEqual(["a told", "b told", "c told"]);
    // The source's half of the store goes back, the receiver's with it.
    rig.world.store.restore(backup);
    for (const name of ["d", "e"]) await counter("teller").tell.tellThenAsk(name, "s");
    await rig.advance(10_000);
    expect(await system.ref(Sink, "s").list()).toEqual(["a told", "d told", "e told"]);
  });
});

describe("O12: a frame that cannot be read", () => {
  const stream = "1767225600000-raw";
  const unreadable = (first: number, after: number, count = 1) =>
    rawFrame([{ stream, first, count, after, settled: 0 }], "this is no JSON");

  it("P13: costs nothing for a forged count", async () => {
    await rig.publish(partition, unreadable(1, 0, 1e15));
    await rig.settle();
    expect(await rig.deadLetters("Counter")).toHaveLength(1);
    await rig.publish(partition, told(1e15 + 1, 1e15, ["after"]));
    await rig.settle();
    expect(await counter().list()).toEqual(["after"]);
  });

  it("goes whole to the dead letters, and its stream goes on", async () => {
    await rig.publish(partition, told(1, 0, ["a"]));
    await rig.publish(partition, unreadable(2, 1, 3));
    await rig.publish(partition, told(5, 4, ["e"]));
    await rig.settle();
    expect(await counter().list()).toEqual(["a", "e"]);
    const letters = await rig.deadLetters("Counter");
    expect(letters).toMatchObject([
      { id: `${stream}:2`, address: "Counter", cause: { message: expect.stringContaining("JSON") } },
    ]);
    const { frame } = letters[0]!.message as { frame: string };
    expect(Buffer.from(frame, "base64").toString()).toBe("this is no JSON");
  });

  it("is one dead letter although it is delivered again", async () => {
    await rig.publish(partition, unreadable(1, 0));
    await rig.publish(partition, unreadable(1, 0));
    await rig.settle();
    expect(await rig.deadLetters("Counter")).toHaveLength(1);
  });

  it("lets those through at once that were held back for it", async () => {
    await rig.publish(partition, told(2, 1, ["b"]));
    await rig.publish(partition, unreadable(1, 0));
    await rig.settle();
    expect(await counter().list()).toEqual(["b"]);
  });

  it("makes the numbers void that its sender gave up before it", async () => {
    await rig.publish(partition, told(1, 0, ["a"]));
    // 2 was given up.
    await rig.publish(partition, unreadable(3, 1));
    await rig.publish(partition, told(4, 3, ["d"]));
    await rig.settle();
    expect(await counter().list()).toEqual(["a", "d"]);
    await rig.publish(partition, told(2, 1, ["b"]));
    await rig.settle();
    expect(await counter().list()).toEqual(["a", "d"]);
  });

  it("does not run ahead of the confirmed messages before it", async () => {
    await rig.publish(partition, unreadable(2, 1));
    await rig.publish(partition, told(1, 0, ["a"]));
    await rig.settle();
    expect(await counter().list()).toEqual(["a"]);
    expect(await rig.deadLetters("Counter")).toHaveLength(1);
  });
});
