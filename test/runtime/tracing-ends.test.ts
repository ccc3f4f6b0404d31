import { attributes as named, RejectedError } from "@actor-runtime/core";
import { Actor, ActorContext, Handler, inject, type LocalSystem, Query, State } from "@actor-runtime/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ask, expectTree, own, park, process, send } from "../otlp/pattern.js";
import type { TraceSpan } from "../otlp/trace-span.js";
import { frameOf, Gate, refusalOf, watch } from "./support.js";
import { TracedRig } from "./tracing-support.js";

let traced: TracedRig;
let system: LocalSystem;
let gate: Gate;

@Actor("Desk", { partitions: 1, attempts: 3 })
class Desk {
  private readonly self = inject(ActorContext);
  @State() private count = 0;

  @Handler() work(): number {
    return ++this.count;
  }
  @Handler() async workSlowly(): Promise<number> {
    await gate.pass();
    return ++this.count;
  }
  @Handler() refuse(): void {
    throw new RejectedError("not today", { code: "NOT_TODAY" });
  }
  @Handler() fail(): void {
    throw new TypeError("no such thing");
  }
  @Handler() tellAndFail(): void {
    this.self.ref(Shelf, "a").tell.put("never");
    throw new TypeError("no such thing");
  }
  @Handler() async tellAndWait(): Promise<void> {
    this.self.ref(Shelf, "a").tell.put("a book");
    await gate.pass();
  }
  @Handler() async askItself(): Promise<void> {
    await this.self.ref(Desk, this.self.key).askItself();
  }
  @Query() async look(): Promise<number> {
    await gate.pass();
    return this.count;
  }
}

/** Has something to do before it leaves. */
@Actor("Lamp", { partitions: 1 })
class Lamp {
  private readonly self = inject(ActorContext);

  async onDeactivate(): Promise<void> {
    await this.self.ref(Shelf, "dark").count();
  }
  @Handler() leave(): void {
    this.self.deactivate();
  }
}

@Actor("Shelf", { partitions: 4 })
class Shelf {
  @State() private readonly items: string[] = [];

  @Handler() put(item: string): void {
    this.items.push(item);
  }
  @Query() count(): number {
    return this.items.length;
  }
}

beforeEach(async () => {
  gate = new Gate();
  traced = new TracedRig();
  system = await traced.host([Desk, Shelf, Lamp], { limits: { maxUnsettledBytes: 1 } });
});
afterEach(async () => {
  gate.open();
  await traced.end();
});

const outcome = (word: string) => ({ [named.outcome]: word });

describe("P11: a call that is not answered by its handler has spans that end", () => {
  it("when its handler is not known", async () => {
    await refusalOf(system.ask({ address: "Desk/a", handler: "sing", args: [] }));
  });

  it("when its owner does not know the handler", async () => {
    const client = await traced.host([], { process: "client" });
    await refusalOf(client.ask({ address: "Desk/a", handler: "sing", args: [] }));
    expectTree(
      traced.traceOf("ask Desk.sing"),
      ask("Desk.sing", [process("Desk.sing").with(outcome("refused")).failed("UnknownHandlerError")]).failed(
        "UnknownHandlerError",
      ),
    );
  });

  it("when nobody knows its type", async () => {
    const client = await traced.host([], { process: "client" });
    await refusalOf(client.ask({ address: "Desc/a", handler: "work", args: [] }));
    expectTree(traced.traceOf("ask Desc.work"), ask("Desc.work").failed("UnknownTypeError"));
  });

  it("when an argument cannot travel", async () => {
    await refusalOf(system.ref(Shelf, "a").put((() => 1) as never));
    expect(traced.named("ask Shelf.put").map(({ failed }) => failed)).toEqual([true]);
  });

  it("when it came to the wrong partition", async () => {
    const sender = traced.telemetry.span("somebody else's code", { kind: "producer" });
    sender.end();
    const frame = frameOf({ stream: "1767225600000-s", first: 1, after: 0 }, [
      { to: "Desk/a", handler: "work", trace: sender.headers },
    ]);
    await traced.rig.publish("Shelf:g1:00", frame);
    await traced.rig.settle();
    expectTree(
      traced.traceOf("somebody else's code"),
      own("somebody else's code", [process("Desk.work").with(outcome("refused")).failed("WrongPartitionError")]),
    );
  });

  it("when it is refused by its handler, which is no fault of anybody", async () => {
    await refusalOf(system.ref(Desk, "a").refuse());
    const [turn] = traced.named("process Desk.refuse");
    expect(turn!.attributes[named.outcome]).toBe("rejected");
  });

  it("when its handler fails, and what the turn told never left", async () => {
    await refusalOf(system.ref(Desk, "a").tellAndFail());
    const turn = process("Desk.tellAndFail", [send("Shelf").failed("TypeError")]).with(outcome("failed"));
    expectTree(
      traced.traceOf("ask Desk.tellAndFail"),
      ask("Desk.tellAndFail", [turn.failed("TypeError")]).failed("TypeError"),
    );
  });

  it("when it closes a circle", async () => {
    await refusalOf(system.ref(Desk, "a").askItself());
    const again = ask("Desk.askItself").failed("DeadlockError");
    const trace = traced.traceOf("ask Desk.askItself");
    expect(trace.filter(({ attributes }) => attributes["error.type"] === "DeadlockError")).not.toEqual([]);
    expect(again.name).toBe(trace[0]!.name);
  });

  it("when its time is over, although the turn goes on", async () => {
    const answer = watch(system.ref(Desk, "a").with({ timeout: "5s" }).workSlowly());
    await traced.rig.advance(6_000);
    expect(answer.state).toBe("rejected");
    expect(traced.named("ask Desk.workSlowly")[0]!.attributes["error.type"]).toBe("AskTimeoutError");
    gate.open();
    await traced.rig.settle();
  });

  it("when it is withdrawn before it is sent, while it waits, and while it runs", async () => {
    const desk = system.ref(Desk, "a");
    const controllers = [new AbortController(), new AbortController(), new AbortController()];
    controllers[0]!.abort();
    const calls = controllers.map(({ signal }) => watch(desk.with({ signal }).workSlowly()));
    await traced.rig.settle();
    controllers[2]!.abort();
    await traced.rig.settle();
    controllers[1]!.abort();
    await traced.rig.settle();
    expect(calls.map(({ state }) => state)).toEqual(["rejected", "rejected", "rejected"]);
    const asks = traced.named("ask Desk.workSlowly");
    expect(new Set(asks.map(({ attributes }) => attributes["error.type"]))).toEqual(new Set(["CancelledError"]));
  });

  it("when its caller closes", async () => {
    const client = await traced.host([], { process: "client" });
    const call = watch(client.ref(Desk, "a").workSlowly());
    await traced.rig.settle();
    const closed = client.close({ drainTimeout: 0 });
    await traced.rig.settle();
    await closed;
    expect(call.state).toBe("rejected");
    expect(traced.named("ask Desk.workSlowly")[0]!.failed).toBe(true);
    expect(traced.telemetry.open.map(({ name }) => name)).toEqual(["process Desk.workSlowly"]);
  });

  it("when its actor is erased", async () => {
    const call = watch(system.ref(Desk, "a").workSlowly());
    const waiting = watch(system.ref(Desk, "a").work());
    await traced.rig.settle();
    const erased = system.actors.erase("Desk/a");
    await traced.rig.settle();
    gate.open();
    await Promise.all([erased, call.end(), waiting.end()]);
  });

  it("when it is a query that its owner loses", async () => {
    const call = watch(system.ref(Desk, "a").with({ timeout: "10s" }).look());
    await traced.rig.settle();
    await system.crash("Desk/a");
    gate.open();
    await traced.rig.advance(11_000);
    expect(call.state).toBe("resolved");
  });
});

describe("P11: a message that runs more than once", () => {
  it("has a turn for each attempt under the span that sent it, and the last one says that it died", async () => {
    await system.ref(Desk, "a").tell.fail();
    await traced.rig.advance(60_000);
    const attempt = (n: number) => ({ [named.attempt]: n });
    expectTree(
      traced.traceOf("send Desk"),
      send("Desk", [
        process("Desk.fail").failed("TypeError").with(outcome("retried")).telling("retry scheduled"),
        process("Desk.fail")
          .failed("TypeError")
          .with({ ...outcome("retried"), ...attempt(2) }),
        process("Desk.fail")
          .failed("TypeError")
          .with({ ...outcome("dead"), ...attempt(3) })
          .telling("dead_lettered"),
      ]),
    );
  });

  it("is answered by its first run, and its repeat has a span that says so", async () => {
    const desk = system.ref(Desk, "a").with({ idempotencyKey: "once" });
    await desk.work();
    await desk.work();
    const [, again] = traced.named("ask Desk.work");
    expectTree(traced.spans(again!.traceId), ask("Desk.work", [process("Desk.work").with(outcome("repeated"))]));
  });

  it("because its answer did not come says that it was asked again", async () => {
    const client = await traced.host([], {
      process: "client",
      ports: ({ broker, ...ports }) => ({
        ...ports,
        broker: {
          ...broker,
          openReplies: (listener) =>
            broker.openReplies({ ...listener, receive: dropFirst((body) => listener.receive(body)) }),
        },
      }),
    });
    const answer = watch(client.ref(Desk, "a").with({ timeout: "10s" }).work());
    await traced.rig.advance(9_000);
    expect(answer.value).toBe(1);
    expectTree(
      traced.traceOf("ask Desk.work"),
      ask("Desk.work", [
        process("Desk.work").with(outcome("ok")),
        process("Desk.work").with(outcome("repeated")),
      ]).telling("repeated"),
    );
  });

  it("because its owner lost the partition is redelivered, and linked to the takeover that runs it", async () => {
    const answer = watch(system.ref(Desk, "a").with({ timeout: "20s" }).workSlowly());
    await traced.rig.settle();
    const crashed = system.crash("Desk/a");
    await traced.rig.settle();
    await crashed;
    gate.open();
    await traced.rig.advance(11_000);
    expect(answer.value).toBe(1);
    const takeovers = traced.named("take over Desk");
    const again = traced.named("process Desk.workSlowly").find(({ attributes }) => attributes[named.redelivered]);
    expect(again!.links.map(({ spanId }) => spanId)).toEqual([takeovers.at(-1)!.spanId]);
    expect(traced.named("process Desk.workSlowly")[0]).toMatchObject({ failed: true });
  });
});

describe("P11: what a turn told", () => {
  it("ends with the turn that was lost, and is told anew by the one that runs in its place", async () => {
    await system.ref(Desk, "a").tell.tellAndWait();
    await traced.rig.settle();
    const crashed = system.crash("Desk/a");
    await traced.rig.settle();
    await crashed;
    gate.open();
    await traced.rig.settle();
    expectTree(
      traced.traceOf("send Desk"),
      send("Desk", [
        process("Desk.tellAndWait", [send("Shelf").failed("LostOwnershipError")]).failed("LostOwnershipError"),
        process("Desk.tellAndWait", [send("Shelf", [process("Shelf.put")])]).with({ [named.redelivered]: true }),
      ]),
    );
  });

  it("is dropped without a dead letter when its actor is erased, and says nothing of one", async () => {
    const slow = watch(system.ref(Desk, "a").workSlowly());
    await traced.rig.settle();
    for (let n = 0; n < 4; n++) await system.ref(Desk, "a").tell.work();
    await traced.rig.advance(1_000);
    const erased = watch(system.actors.erase("Desk/a"));
    await traced.rig.settle();
    gate.open();
    await traced.rig.advance(1_000);
    expect([slow.state, erased.state]).toEqual(["resolved", "resolved"]);
    expect(await traced.rig.deadLetters("Desk")).toEqual([]);
    const dropped = traced.named("process Desk.work").filter(({ failed }) => failed);
    expect(dropped).not.toEqual([]);
    expect(dropped.flatMap(({ events }) => events)).toEqual([]);
  });
});

describe("P11: a message that waits", () => {
  it("behind a slow actor in the store says that it was parked", async () => {
    const desk = system.ref(Desk, "a");
    const slow = watch(desk.with({ timeout: "60s" }).workSlowly());
    await traced.rig.settle();
    for (let n = 0; n < 4; n++) await desk.tell.work();
    await traced.rig.advance(1_000);
    gate.open();
    await traced.rig.settle();
    expect(slow.state).toBe("resolved");
    const [parked] = traced.named("park Desk.work");
    expectTree(traced.spans(parked!.traceId), send("Desk", [park("Desk.work"), process("Desk.work")]));
  });
});

describe("P11: partitions and activations", () => {
  it("that leave and come have spans of their own", async () => {
    const other = await traced.host([Desk, Shelf, Lamp], { process: "other", workerId: "other" });
    await traced.rig.advance(10_000);
    const [given, taken] = [traced.named("hand over Shelf"), traced.named("take over Shelf").slice(4)];
    const partitionsOf = (spans: readonly TraceSpan[]) =>
      new Set(spans.map(({ attributes }) => attributes[named.partition]));
    expect(partitionsOf(taken)).toEqual(partitionsOf(given));
    expect(given).toHaveLength(2);
    expect(other.describe().state).toBe("running");
  });

  it("of a class that has something to do when an actor leaves show it", async () => {
    await system.ref(Lamp, "a").leave();
    await traced.rig.settle();
    expectTree(
      traced.traceOf("deactivate Lamp"),
      own("deactivate Lamp", [ask("Shelf.count", [process("Shelf.count")])]),
    );
  });
});

/** A listener that the first answers do not reach. */
function dropFirst(receive: (body: Uint8Array) => void): (body: Uint8Array) => void {
  let dropped = false;
  return (body) => {
    if (dropped) receive(body);
    dropped = true;
  };
}
