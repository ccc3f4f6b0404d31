import { ConfigError, InvalidArgumentsError, OverloadedError, parseReplies, type Reply } from "@actor-runtime/core";
import { Actor, ActorContext, Handler, inject, type LocalSystem, Query, State } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { frameOf, Gate, Rig, rawFrame, refusalOf, watch } from "./support.js";

let gate: Gate;

@Actor("Store", { partitions: 4, attempts: 2 })
class Store {
  private readonly self = inject(ActorContext);
  @State() private items: Record<string, unknown>[] = [];

  @Handler() put(item: Record<string, unknown>): number {
    return this.items.push(item);
  }
  @Handler({ input: z.object({ name: z.string(), count: z.number().default(1) }) })
  order(item: { name: string; count: number }): number {
    this.items.push(item);
    return item.count;
  }
  @Handler({ input: z.string().refine(async (text) => text.startsWith("ok")) })
  later(text: string): string {
    return text;
  }
  @Handler() async slowly(): Promise<void> {
    await gate.pass();
  }
  @Handler() keep(item: Record<string, unknown>): void {
    const copy = Object.assign({}, item);
    this.items.push({ ...copy, admin: (copy as { isAdmin?: boolean }).isAdmin ?? false });
  }
  @Handler() key(): string {
    return this.self.key;
  }
  @Query() list(): Record<string, unknown>[] {
    return this.items;
  }
}

@Actor("One", { partitions: 1, attempts: 2 })
class One extends Store {}

let rig: Rig;
let system: LocalSystem;
const partition = "One:g1:00";
const stream = "1767225600000-raw";
/** The reply queue of the test's own frames. */
let replies: Reply[];
let replyTo: string;

beforeEach(async () => {
  gate = new Gate();
  rig = new Rig();
  system = await rig.host([Store, One]);
  replies = [];
  const queue = await rig.stranger().openReplies({
    receive: (body) => replies.push(...parseReplies(body)),
    reopened: () => {},
  });
  replyTo = queue.address;
});

/** Whatever came in, a good message behind it is handled, no exception escaped, and nothing is logged as fatal. */
async function stillServes(after: number): Promise<void> {
  await rig.publish(
    partition,
    frameOf({ stream, first: after + 1, after }, [{ to: "One/x", handler: "put", args: [{ good: true }] }]),
  );
  await rig.settle();
  expect(rig.escaped).toEqual([]);
  expect(await system.ref(One, "x").list()).toContainEqual({ good: true });
}

describe("P13: a frame of nobody's making", () => {
  it.each([
    ["is no JSON", "{{{"],
    ["is no array", '{"to":"One/x"}'],
    ["holds no objects", "[1,null]"],
    ["holds a message without a handler", '[{"to":"One/x","kind":"tell","args":[]}]'],
    ["holds a message of an unknown kind", '[{"to":"One/x","kind":"shout","handler":"put","args":[]}]'],
    ["holds arguments that are no array", '[{"to":"One/x","kind":"tell","handler":"put","args":{}}]'],
    [
      "holds more messages than its headers say",
      '[{"to":"One/x","kind":"tell","handler":"put","args":[{}]},{"to":"One/x","kind":"tell","handler":"put","args":[{}]}]',
    ],
    ["holds fewer messages than its headers say", "[]"],
    ["is empty", ""],
  ])("whose body %s goes whole to the dead letters", async (_, body) => {
    await rig.publish(partition, rawFrame([{ stream, first: 1, count: 1, after: 0, settled: 0 }], body));
    await rig.settle();
    expect(await rig.deadLetters("One")).toMatchObject([{ id: `${stream}:1`, attempts: 0 }]);
    await stillServes(1);
  });

  it("whose body is no UTF-8 goes whole to the dead letters", async () => {
    const frame = rawFrame([{ stream, first: 1, count: 1, after: 0, settled: 0 }], "");
    await rig.publish(partition, { ...frame, body: new Uint8Array([91, 0xff, 0xfe, 93]) });
    await rig.settle();
    expect(await rig.deadLetters("One")).toHaveLength(1);
    await stillServes(1);
  });

  it("without any segment is settled, too", async () => {
    await rig.publish(partition, rawFrame([], "{{{"));
    await rig.publish(partition, rawFrame([], "[]"));
    await rig.settle();
    expect(await rig.deadLetters("One")).toHaveLength(1);
    await stillServes(0);
  });
});

describe("P13: a frame of a wire version that is not known", () => {
  it.each([0, 2, 99])("(%i) is not taken for one of ours: it goes whole to the dead letters", async (v) => {
    const body = '[{"to":"One/x","kind":"tell","handler":"put","args":[{"good":false}]}]';
    const frame = rawFrame([{ stream, first: 1, count: 1, after: 0, settled: 0 }], body);
    await rig.publish(partition, { ...frame, headers: { ...frame.headers, v } });
    await rig.settle();
    const [letter] = await rig.deadLetters("One");
    expect(letter).toMatchObject({ id: `${stream}:1`, cause: { message: expect.stringContaining(`version ${v}`) } });
    await stillServes(1);
    expect(await system.ref(One, "x").list()).toEqual([{ good: true }]);
  });
});

describe("P13: a message of nobody's making", () => {
  const publish = (messages: Parameters<typeof frameOf>[1]) =>
    rig.publish(partition, frameOf({ stream, first: 1, after: 0 }, messages));

  it.each([
    ["to an unknown type", { to: "Nobody/x", handler: "put" }, "Nobody", "UnknownTypeError"],
    ["to an unknown handler", { to: "One/x", handler: "nope" }, "One", "UnknownHandlerError"],
    ["to a method that is not marked", { to: "One/x", handler: "constructor" }, "One", "UnknownHandlerError"],
    ["to something that is no address", { to: "nonsense", handler: "put" }, "One", "InvalidAddressError"],
    ["to an empty key", { to: "One/", handler: "put" }, "One", "InvalidAddressError"],
    ["to a key over its bound", { to: `One/${"x".repeat(300)}`, handler: "put" }, "One", "InvalidAddressError"],
  ] as const)(
    "%s is a dead letter when it was told, and a typed error when it was asked",
    async (_, message, type, error) => {
      await publish([
        message,
        { ...message, kind: "ask", replyTo, call: "c1" },
        { ...message, kind: "query", replyTo, call: "c2" },
      ]);
      await rig.settle();
      const letters = await rig.deadLetters(type);
      expect(letters).toMatchObject([{ id: `${stream}:1`, cause: { class: error } }]);
      expect(replies.map(({ call }) => call).sort()).toEqual(["c1", "c2"]);
      expect(replies.map((reply) => reply.error?.class)).toEqual([error, error]);
      await stillServes(2);
    },
  );

  it("to the wrong partition is refused with the right one, and never run", async () => {
    // With four partitions most keys belong elsewhere.
    const key = ["a", "b", "c", "d", "e"].find((candidate) => !candidate.startsWith("-"))!;
    for (const index of ["00", "01", "02", "03"]) {
      await rig.publish(
        `Store:g1:${index}`,
        frameOf({ stream: `1767225600000-${index}`, first: 1, after: 0 }, [
          { to: `Store/${key}`, kind: "ask", handler: "put", args: [{ at: index }], replyTo, call: index },
        ]),
      );
    }
    await rig.settle();
    const refused = replies.filter(({ error }) => error?.class === "WrongPartitionError");
    expect(refused).toHaveLength(3);
    expect(new Set(refused.map(({ error }) => (error!.data as { partition: number }).partition)).size).toBe(1);
    expect(await system.ref(Store, key).list()).toHaveLength(1);
  });

  it.each(["tell", "ask", "query", "cancel"] as const)("without a way back (%s) harms nobody", async (kind) => {
    const numbered = kind === "tell" || kind === "ask" ? 5 : 0;
    await publish([
      { to: "One/x", kind, handler: "put", args: [{}] },
      { to: "One/x", kind, handler: "nope" },
      { to: "Nobody/x", kind, handler: "put" },
      { to: "One/y", kind, handler: "$erase" },
      { to: "One/y", kind, handler: "$nothing" },
    ]);
    await rig.settle();
    await stillServes(numbered);
  });

  it("that withdraws calls it does not own withdraws nothing told", async () => {
    watch(system.ref(One, "x").slowly());
    await rig.settle();
    await system.ref(One, "x").tell.put({ told: 1 });
    await publish([{ to: "One/x", kind: "cancel", handler: "put" }]);
    await rig.settle();
    gate.open();
    const listed = watch(system.ref(One, "x").list());
    await rig.settle();
    expect(listed.value).toEqual([{ told: 1 }]);
  });

  it("with arguments that cannot be decoded is refused at once, not tried again and not logged as a fault of the handler", async () => {
    await publish([
      { to: "One/x", handler: "put", args: [{ $future: 1 }] },
      { to: "One/x", kind: "ask", handler: "put", args: [{ $date: "yesterday" }], replyTo, call: "c" },
    ]);
    await rig.settle();
    expect(await rig.deadLetters("One")).toMatchObject([
      { attempts: 1, cause: { message: expect.stringContaining("$future") } },
    ]);
    expect(replies).toMatchObject([{ call: "c", error: { effect: "none" } }]);
    expect(replies[0]!.error!.class).not.toBe("HandlerError");
    await stillServes(2);
  });

  it("with arguments nested deeper than the bound is refused", async () => {
    const body = `[{"to":"One/x","kind":"ask","handler":"put","args":[${'{"a":'.repeat(2_000)}1${"}".repeat(2_000)}],"replyTo":"${replyTo}","call":"c"}]`;
    await rig.publish(partition, rawFrame([{ stream, first: 1, count: 1, after: 0, settled: 0 }], body));
    await rig.settle();
    expect(replies[0]!.error!.message).toContain("nested deeper");
    await stillServes(1);
  });

  it("with arguments that name prototypes pollutes none", async () => {
    const item = '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}},"name":"x"}';
    const body = ["keep", "put"]
      .map((handler) => `{"to":"One/x","kind":"tell","handler":"${handler}","args":[${item}]}`)
      .join(",");
    await rig.publish(partition, rawFrame([{ stream, first: 1, count: 2, after: 0, settled: 0 }], `[${body}]`));
    await rig.settle();
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
    await system.crash("One/x");
    const [, put] = await system.ref(One, "x").list();
    expect(Object.getPrototypeOf(put)).toBe(Object.prototype);
    expect((put as { isAdmin?: boolean }).isAdmin).toBeUndefined();
    await stillServes(2);
  });

  it("with hostile times is handled or refused, and blocks nobody", async () => {
    await publish([
      { to: "One/x", kind: "ask", handler: "key", deadline: -1, replyTo, call: "past" },
      { to: "One/x", handler: "put", args: [{ due: "past" }], dueAt: -1e300 },
      { to: "One/y", handler: "put", args: [{ due: "never" }], dueAt: 1e300 },
      { to: "One/x", handler: "put", args: [{ attempts: 99 }], attempts: 99 },
    ]);
    await rig.advance(1_000);
    expect(replies).toMatchObject([{ call: "past", error: { class: "NotStartedError" } }]);
    await stillServes(4);
  });
});

it("P13: an ask with a delay, which it would have passed over, is refused and says to tell", async () => {
  const delayed = system.ref(One, "x").with({ delay: "1h" }) as unknown as { list(): Promise<unknown> };
  const error = await refusalOf(delayed.list());
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toBe(
    "delay: an ask of One/x cannot wait for its time; tell it, ref.with({ delay }).tell.list(…)",
  );
});

describe("P13: arguments of a handler with a schema", () => {
  const store = () => system.ref(Store, "s") as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;

  it("that do not fit are InvalidArgumentsError with their path, and the handler does not run", async () => {
    const error = await refusalOf(store().order!({ name: 5 }));
    expect(error).toBeInstanceOf(InvalidArgumentsError);
    expect(error.message).toMatch(/^Store\.order: args\[0\]\.name: /);
    expect(error).toMatchObject({ effect: "none", retryable: false, data: [{ path: "args[0].name" }] });
    expect(await store().list!()).toEqual([]);
  });

  it("arrive as the schema gives them", async () => {
    expect(await store().order!({ name: "x" })).toBe(1);
    expect(await store().list!()).toEqual([{ name: "x", count: 1 }]);
  });

  it("may be checked by an asynchronous schema", async () => {
    expect(await store().later!("ok then")).toBe("ok then");
    expect(await refusalOf(store().later!("no"))).toBeInstanceOf(InvalidArgumentsError);
  });

  it("that do not fit make a told message a dead letter at once", async () => {
    await (system.ref(Store, "s").tell as unknown as Record<string, (...args: unknown[]) => Promise<void>>).order!({
      name: 5,
    });
    await rig.settle();
    expect(await rig.deadLetters("Store")).toMatchObject([{ attempts: 1, cause: { class: "InvalidArgumentsError" } }]);
  });
});

describe("P12: what waits for one actor is bounded", () => {
  beforeEach(async () => {
    rig = new Rig();
    system = await rig.host([One], { limits: { maxWaitingPerActor: 3, maxDelayedPerActor: 3 } });
  });

  it("beyond it an ask is OverloadedError and a tell a dead letter, and others are served", async () => {
    const one = system.ref(One, "x");
    const running = watch(one.slowly());
    await rig.settle();
    for (let i = 0; i < 3; i++) await one.tell.put({ i });
    await rig.settle();
    const error = await refusalOf(one.put({ over: true }));
    expect(error).toBeInstanceOf(OverloadedError);
    expect(error).toMatchObject({ scope: "actor", effect: "none", retryable: true, retryAfterMs: expect.any(Number) });
    await one.tell.put({ over: true });
    await rig.settle();
    expect(await rig.deadLetters("One")).toMatchObject([
      { cause: { class: "OverloadedError", fields: { scope: "actor" } } },
    ]);
    expect(await system.ref(One, "y").put({})).toBe(1);
    gate.open();
    await running.end();
    expect(await one.list()).toEqual([{ i: 0 }, { i: 1 }, { i: 2 }]);
    expect(await one.put({ later: true })).toBe(4);
  });

  it("also when they all come in one frame", async () => {
    const one = system.ref(One, "x");
    const running = watch(one.slowly());
    await rig.settle();
    const asked = Array.from({ length: 10 }, (_, i) => watch(one.put({ i })));
    await rig.settle();
    expect(asked.filter(({ error }) => error instanceof OverloadedError)).toHaveLength(7);
    gate.open();
    await running.end();
    await rig.settle();
    expect(asked.filter(({ state }) => state === "resolved")).toHaveLength(3);
  });

  it("delayed ones included", async () => {
    const one = system.ref(One, "x");
    for (let i = 0; i < 10; i++) await one.with({ delay: "1h" }).tell.put({ i });
    await rig.settle();
    expect(await rig.deadLetters("One")).toHaveLength(7);
    await rig.advance(3_601_000);
    expect(await one.list()).toHaveLength(3);
  });
});
