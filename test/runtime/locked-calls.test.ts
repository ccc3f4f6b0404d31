import {
  LockLostError,
  type Message,
  maxMessageLocks,
  parseReplies,
  type Reply,
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
import { beforeEach, describe, expect, it } from "vitest";
import { collect, frameOf, Gate, Rig, refusalOf, watch } from "./support.js";

let gate: Gate;
let runs: string[];

@Actor("Shelf", { partitions: 1 })
class Shelf {
  @State() private readonly books: string[] = [];

  @Handler() put(book: string): void {
    this.books.push(book);
  }
  @Query() all(): readonly string[] {
    return this.books;
  }
}

@Actor("Page", { partitions: 1 })
class Page {
  private readonly self = inject(ActorContext);
  @State() private text = "";

  @Handler() write(text: string): string {
    runs.push(`write ${text}`);
    return (this.text = text);
  }
  @Handler() async writeSlowly(text: string): Promise<string> {
    await gate.pass();
    return this.write(text);
  }
  @Handler() fail(): never {
    throw new Error("on purpose");
  }
  @Handler() isNew(): boolean {
    return this.self.isNew;
  }
  @Handler() async askOther(other: string, text: string): Promise<string> {
    return this.self.ref(Page, other).write(text);
  }
  @Handler() async lookAt(other: string): Promise<string> {
    return this.self.ref(Page, other).read();
  }
  @Handler() tellOther(other: string, text: string): void {
    this.self.ref(Page, other).tell.write(text);
  }
  @Handler() async askUnderOwn(lock: string, other: string): Promise<string> {
    return this.self.locks.withLock(lock, () => this.self.ref(Page, other).write("under its own"));
  }
  @Handler() destroy(): void {
    this.self.destroy();
  }
  @Query() read(): string {
    return this.text;
  }
}

let rig: Rig;
let system: LocalSystem;
let replies: Map<string, Reply>;
let replyTo: string;
let calls: number;
let numbered: number;
const partition = "Page:g1:00";

beforeEach(async () => {
  gate = new Gate();
  runs = [];
  rig = new Rig();
  replies = new Map();
  calls = 0;
  numbered = 0;
  system = await rig.host([Page]);
  const queue = await rig.stranger().openReplies({
    receive: (body) => parseReplies(body).forEach((reply) => void replies.set(reply.call, reply)),
    reopened: () => {},
  });
  replyTo = queue.address;
});

/** A fence as the store gives it, later by `n`. */
function fence(n: number): number {
  return 1_767_225_600_000_000 + n;
}

/** Sends a call as one does that holds locks, and returns its name. */
async function send(locks: Message["locks"], fields: Partial<Message>): Promise<string> {
  const call = String(++calls);
  const message = {
    to: "Page/1",
    kind: "ask",
    handler: "write",
    args: ["x"],
    call,
    replyTo,
    locks,
    ...fields,
  } as const;
  const first = message.kind === "query" ? numbered : ++numbered;
  await rig.publish(partition, frameOf({ stream: "1767225600000-holder", first, after: first - 1 }, [message]));
  return call;
}

/** The answer, or the error's code. */
async function under(locks: Message["locks"], fields: Partial<Message> = {}): Promise<unknown> {
  const call = await send(locks, fields);
  await rig.settle();
  const reply = replies.get(call);
  if (reply === undefined) throw new Error("no answer came");
  return reply.error === undefined ? reply.value : reply.error.code;
}

const stored = async (address = "Page/1") => {
  const [text] = await rig.world.connect("reader").store.readStates(partition, [address]);
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
};

describe("P10: a call under a lock", () => {
  it("is refused once the actor was called by somebody who took the lock later", async () => {
    expect(await under([["report", fence(7)]], { args: ["new"] })).toBe("new");
    const call = await send([["report", fence(5)]], { args: ["old"] });
    await rig.settle();
    expect(replies.get(call)?.error).toMatchObject({
      class: "LockLostError",
      effect: "none",
      message: expect.stringContaining('Page/1.write: somebody took the lock "report" later'),
      data: { lock: "report", fence: fence(5), seen: fence(7) },
    });
    expect(await system.ref(Page, "1").read()).toBe("new");
    expect(runs).toEqual(["write new"]);
  });

  it("is handled again and again under the same fence, and under a later one", async () => {
    for (const n of [5, 5, 7, 7]) expect(await under([["report", fence(n)]], { args: [`${n}`] })).toBe(`${n}`);
  });

  it("is judged by its own locks only, each by its name", async () => {
    await under([["report", fence(7)]]);
    expect(await under([["other", fence(5)]])).toBe("x");
    expect(await under([["report", fence(7)], ["other", fence(4)]])).toBe("LOCK_LOST"); // biome-ignore format: one line
    expect(await under(undefined)).toBe("x");
  });

  it("of an actor is nothing to another one", async () => {
    await under([["report", fence(7)]]);
    expect(await under([["report", fence(5)]], { to: "Page/2" })).toBe("x");
  });

  it("may not carry two fences of one lock: the earlier of them is lost", async () => {
    expect(await under([["report", fence(5)], ["report", fence(7)]])).toBe("LOCK_LOST"); // biome-ignore format: one line
  });

  it("is refused also when it only asks a query, and a query counts for the turns after it", async () => {
    expect(await under([["report", fence(7)]], { kind: "query", handler: "read", args: [] })).toBe("");
    expect(await under([["report", fence(5)]])).toBe("LOCK_LOST");
    expect(await under([["report", fence(5)]], { kind: "query", handler: "read", args: [] })).toBe("LOCK_LOST");
  });

  it("counts also when its turn fails, or is refused for another lock", async () => {
    expect(await under([["a", fence(7)]], { handler: "fail", args: [] })).not.toBe("LOCK_LOST");
    expect(await under([["a", fence(5)], ["b", fence(7)]])).toBe("LOCK_LOST"); // biome-ignore format: one line
    await system.crash("Page/1");
    expect(await under([["a", fence(6)]])).toBe("LOCK_LOST");
    expect(await under([["b", fence(6)]])).toBe("LOCK_LOST");
  });

  it("counts from when its turn begins, not only when it ends", async () => {
    await send([["report", fence(7)]], { handler: "writeSlowly" });
    await rig.settle();
    expect(gate.arrivals).toBe(1);
    expect(await stored()).toEqual({ version: 1, locks: { report: fence(7) } });
  });

  it("that was answered gets its answer again, whoever took the lock since", async () => {
    expect(await under([["report", fence(5)]], { id: "u:k", args: ["once"] })).toBe("once");
    await under([["report", fence(7)]], { args: ["new"] });
    expect(await under([["report", fence(5)]], { id: "u:k", args: ["once"] })).toBe("once");
    expect(await under([["report", fence(9)]], { id: "u:k", args: ["once"] })).toBe("once");
    expect(runs).toEqual(["write once", "write new"]);
  });

  it("that is refused is refused again when it is repeated", async () => {
    await under([["report", fence(7)]], { args: ["new"] });
    const first = "1767225600000-holder:2";
    expect(await under([["report", fence(5)]])).toBe("LOCK_LOST");
    await system.crash("Page/1");
    expect(await under([["report", fence(5)]], { of: first })).toBe("LOCK_LOST");
    expect(runs).toEqual(["write new"]);
  });

  it("that waits in the mailbox is judged when its turn comes, not when it is sent", async () => {
    const slow = await send([["report", fence(5)]], { handler: "writeSlowly", args: ["slow"] });
    const waiting = await send([["report", fence(5)]], { args: ["waiting"] });
    await rig.settle();
    // A query passes what waits only while no turn runs; this one waits as well.
    const later = await send([["report", fence(7)]], { args: ["later"] });
    const behind = await send([["report", fence(5)]], { args: ["behind"] });
    gate.open();
    await rig.settle();
    const codes = [slow, waiting, later, behind].map((call) => replies.get(call)?.error?.code ?? "ok");
    expect(codes).toEqual(["ok", "ok", "ok", "LOCK_LOST"]);
  });

  it("that was stored behind a slow turn is judged as well", async () => {
    await send([["report", fence(7)]], { handler: "writeSlowly", args: ["slow"] });
    const behind = await send([["report", fence(5)]], { args: ["behind"] });
    await rig.advance(5_000);
    gate.open();
    await rig.settle();
    expect(replies.get(behind)?.error?.code).toBe("LOCK_LOST");
  });

  it("makes no braked type of one whose callers lost their lock", async () => {
    await under([["report", fence(7)]]);
    for (let n = 0; n < 60; n++) await send([["report", fence(5)]], {});
    await rig.settle();
    expect(await system.ref(Page, "1").write("still")).toBe("still");
  });
});

describe("P10: what an actor has seen of locks", () => {
  it("is stored with its state, in one text", async () => {
    await under([["report", fence(7)]], { args: ["new"] });
    expect(await stored()).toEqual({ version: 1, state: { text: "new" }, locks: { report: fence(7) } });
    await system.ref(Page, "1").write("without");
    expect(await stored()).toEqual({ version: 1, state: { text: "without" }, locks: { report: fence(7) } });
  });

  it("outlives deactivation", async () => {
    await under([["report", fence(7)]]);
    await rig.advance(3_600_000);
    expect(system.describe().types[0]).toMatchObject({ activations: 0 });
    expect(await under([["report", fence(5)]])).toBe("LOCK_LOST");
  });

  it("outlives a takeover by another worker, after a crash", async () => {
    await under([["report", fence(7)]]);
    rig.world.disconnect("main");
    await rig.host([Page], { process: "next" });
    await rig.advance(30_000);
    expect(await under([["report", fence(5)]])).toBe("LOCK_LOST");
    expect(await under([["report", fence(8)]])).toBe("x");
  });

  it("is stored also while its state is the initial one, and does not make it an old one", async () => {
    expect(await under([["report", fence(7)]], { handler: "isNew", args: [] })).toBe(true);
    expect(await stored()).toEqual({ version: 1, locks: { report: fence(7) } });
    await system.crash("Page/1");
    expect(await under([["report", fence(5)]])).toBe("LOCK_LOST");
    expect(await system.ref(Page, "1").isNew()).toBe(true);
    expect(await system.actors.read("Page/1")).toBeUndefined();
    await system.ref(Page, "1").write("now");
    expect(await system.ref(Page, "1").isNew()).toBe(false);
    await system.ref(Page, "1").write("");
    expect(await stored()).toEqual({ version: 1, locks: { report: fence(7) } });
  });

  it("outlives a turn that ran out of its time, whose instance is made anew", async () => {
    void (await send([["report", fence(7)]], { handler: "writeSlowly" }));
    await rig.advance(61_000);
    expect(await under([["report", fence(5)]])).toBe("LOCK_LOST");
  });

  it("is forgotten when the actor is destroyed or erased", async () => {
    await under([["report", fence(7)]]);
    await under([["report", fence(7)]], { handler: "destroy", args: [] });
    expect(await stored()).toBeUndefined();
    expect(await under([["report", fence(5)]])).toBe("x");
    const erased = watch(system.actors.erase("Page/1"));
    await rig.advance(2_000);
    expect(erased.state).toBe("resolved");
    expect(await stored()).toBeUndefined();
    expect(await under([["report", fence(4)]])).toBe("x");
  });

  it("is bounded (P12): the lowest fences go first, and what is there stays at its place", async () => {
    for (let n = 0; n < 40; n++) await under([[`report:${n}`, fence(n + 10)]]);
    const { locks } = (await stored()) as { locks: Record<string, number> };
    expect(Object.keys(locks)).toEqual(Array.from({ length: 32 }, (_, n) => `report:${n + 8}`));
    expect(await under([["report:0", fence(1)]])).toBe("x");
    expect(await under([["report:39", fence(1)]])).toBe("LOCK_LOST");
    expect(await stored()).toMatchObject({ locks });
  });

  it("survives names that mean something to JavaScript", async () => {
    for (const name of ["__proto__", "constructor", "toString", "1", "state"]) {
      expect(await under([[name, fence(7)]])).toBe("x");
      await system.crash("Page/1");
      expect(await under([[name, fence(5)]])).toBe("LOCK_LOST");
    }
  });

  it("costs an actor nothing that was never called under a lock", async () => {
    await system.ref(Page, "1").write("plain");
    expect(await stored()).toEqual({ version: 1, state: { text: "plain" } });
  });
});

describe("P10: calls of a turn under a lock", () => {
  const locks: Message["locks"] = [["report", 1_767_225_600_000_007]];

  it("that ask inherit it, so its successor is not overwritten through others", async () => {
    await under(locks, { handler: "askOther", args: ["2", "inner"] });
    expect(rig.messagesTo(partition).find(({ to }) => to === "Page/2")).toMatchObject({ locks });
    expect(await under([["report", fence(5)]], { to: "Page/2" })).toBe("LOCK_LOST");
    expect(await under([["report", fence(6)]], { to: "Page/3", handler: "askOther", args: ["2", "old"] })).toBe(
      "LOCK_LOST",
    );
    expect(await system.ref(Page, "2").read()).toBe("inner");
  });

  it("that query inherit it", async () => {
    await under(locks, { handler: "lookAt", args: ["2"] });
    expect(await under([["report", fence(5)]], { to: "Page/2" })).toBe("LOCK_LOST");
  });

  it("that tell do not: what they tell is by definition later", async () => {
    await under(locks, { handler: "tellOther", args: ["2", "told"] });
    expect(await system.ref(Page, "2").read()).toBe("told");
    expect(rig.messagesTo(partition).find(({ to, kind }) => to === "Page/2" && kind === "tell")).not.toHaveProperty(
      "locks",
    );
    expect(await under([["report", fence(5)]], { to: "Page/2" })).toBe("x");
  });
});

describe("P10: calls in the body of a lock", () => {
  beforeEach(async () => {
    await rig.host(systemActors, { process: "locks" });
  });

  /** What each message to Page/<key> carried. */
  const carried = (key: string) =>
    rig.messagesTo(partition).flatMap(({ to, locks }) => (to === `Page/${key}` ? [locks] : []));

  it("leave an actor that may still be queried, also once it was loaded anew: the query was taken for a change of state", async () => {
    const client = await rig.host([], { process: "client" });
    const shelves = await rig.host([Shelf], { process: "shelves" });
    await client.locks.withLock("shelf", () => client.ref(Shelf, "1").put("book"));
    await shelves.crash("Shelf/1");
    expect(await client.ref(Shelf, "1").all()).toEqual(["book"]);
  });

  it("carry its fence, asks and queries alike, and those of the bodies around it", async () => {
    const fences: number[] = [];
    const client = await rig.host([], { process: "client" });
    const page = client.ref(Page, "1");
    await client.locks.withLock("outer", async (outer) => {
      await page.write("outer");
      await client.locks.withLock("inner", async (inner) => {
        fences.push(outer.fence, inner.fence);
        await page.read();
      });
      await page.with({ timeout: "5s", headers: { a: "b" } }).write("outer again");
    });
    await page.write("after");
    const [outer, inner] = [["outer", fences[0]], ["inner", fences[1]]]; // biome-ignore format: one line
    expect(carried("1")).toEqual([[outer], [inner, outer], [outer], undefined]);
  });

  it("are refused once somebody else took the lock, and never sent once the holder knows", async () => {
    const client = await rig.host([], { process: "client" });
    const lock = await client.locks.acquire("report");
    await system.locks.break("report");
    await rig.settle();
    const sent = rig.messagesTo(partition).length;
    expect(() => lock.run(() => client.ref(Page, "1").write("late"))).toThrow(LockLostError);
    expect(rig.messagesTo(partition)).toHaveLength(sent);
  });

  it("that find the lock lost on their way are not sent, and the call is rejected", async () => {
    const client = await rig.host([], { process: "client" });
    const written = watch(
      client.locks.withLock("report", async () => {
        await system.locks.break("report");
        await rig.settle();
        await client.ref(Page, "1").write("late");
      }),
    );
    await rig.advance(1_000);
    expect(written.error).toBeInstanceOf(LockLostError);
    expect(carried("1")).toEqual([]);
  });

  it("that tell do not, nor do the calls of the turn that was told, although it may run in the teller's process", async () => {
    await system.locks.withLock("report", async () => {
      await system.ref(Page, "1").tell.askOther("2", "told");
      await rig.settle();
    });
    expect(await system.ref(Page, "2").read()).toBe("told");
    expect([...carried("1"), ...carried("2")]).toEqual([undefined, undefined, undefined]);
  });

  it("of a turn carry what the turn inherits beside the locks it took itself", async () => {
    await system.locks.withLock("report", async ({ fence: report }) => {
      await system.ref(Page, "1").askUnderOwn("own", "2");
      expect(carried("2")).toEqual([[["own", expect.any(Number)], ["report", report]]]); // biome-ignore format: one line
    });
    expect(await stored("Page/2")).toMatchObject({ locks: { own: expect.any(Number), report: expect.any(Number) } });
  });

  it("to take another lock leave nothing in its actor", async () => {
    await system.locks.withLock("a", () => system.locks.withLock("b", () => undefined));
    await rig.advance(60_000);
    expect(await collect(system.actors.list("$Lock"))).toEqual([]);
  });

  it("may be made under 64 locks, and no more (P12)", async () => {
    const names = Array.from({ length: maxMessageLocks }, (_, n) => `report:${n}`);
    expect(await system.locks.withLock(names, () => system.ref(Page, "1").write("many"))).toBe("many");
    const tooMany = () => system.locks.withLock(names, () => system.ref(Page, "1").write("too many"));
    const error = await refusalOf(system.locks.withLock("one more", tooMany));
    expect(error).toBeInstanceOf(TooLargeError);
    expect(await system.ref(Page, "1").read()).toBe("many");
  });
});

describe("P13: locks of nobody's making", () => {
  it.each([
    ["no list", '{"report":7}'],
    ["no pairs", '["report",7]'],
    ["a fence that is text", '[["report","7"]]'],
    ["a fence below zero", '[["report",-7]]'],
    ["a fence that is not exact", '[["report",1e300]]'],
    ["10,000 names", JSON.stringify(Array.from({ length: 10_000 }, (_, n) => [`report:${n}`, 7]))],
  ])("that are %s go to the dead letters", async (_, locks) => {
    const frame = frameOf({ stream: "1767225600000-raw", first: 1, after: 0 }, [
      { to: "Page/1", handler: "write", args: ["x"] },
    ]);
    const body = new TextDecoder().decode(frame.body).replace('"args":', `"locks":${locks},"args":`);
    await rig.publish(partition, { ...frame, body: new TextEncoder().encode(body) });
    await rig.settle();
    expect(await rig.deadLetters("Page")).toMatchObject([{ cause: { message: expect.stringContaining('"locks"') } }]);
    expect(await stored()).toBeUndefined();
    expect(await under(undefined)).toBe("x");
  });

  it("whose fence lies years ahead of the store's time would lock out everybody, and is refused", async () => {
    const year = 366 * 24 * 3_600_000_000;
    expect(await under([["report", fence(year * 2)]])).toBe("INVALID_ARGUMENTS");
    expect(await under([["report", Number.MAX_SAFE_INTEGER]])).toBe("INVALID_ARGUMENTS");
    expect(await stored()).toBeUndefined();
    expect(await under([["report", fence(7)]])).toBe("x");
  });

  it("many at once leave no more than an actor may remember", async () => {
    const many = Array.from({ length: maxMessageLocks }, (_, n) => [`report:${n}`, fence(n)] as const);
    for (let n = 0; n < 3; n++) expect(await under(many)).toBe("x");
    const { locks } = (await stored()) as { locks: object };
    expect(Object.keys(locks)).toHaveLength(32);
  });

  it("on a tell are judged too: it becomes one dead letter", async () => {
    await under([["report", fence(7)]]);
    await send([["report", fence(5)]], { kind: "tell", call: undefined, replyTo: undefined });
    await rig.settle();
    expect(await rig.deadLetters("Page")).toMatchObject([{ cause: { class: "LockLostError" } }]);
    expect(runs).toEqual(["write x"]);
  });
});

it("an actor of which only locks are stored is listed, for operators may erase it", async () => {
  await under([["report", fence(7)]], { handler: "isNew", args: [] });
  expect(await collect(system.actors.list("Page"))).toMatchObject([{ address: "Page/1", version: 1 }]);
});
