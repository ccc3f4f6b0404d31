import { attributes, RejectedError, type TraceIds } from "@actor-runtime/core";
import { type RecordedSpan, RecordingTelemetry } from "@actor-runtime/embedded";
import { Actor, ActorContext, Handler, inject, State, type UntypedCall } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { frameOf, Rig } from "./support.js";

@Actor("Shop", { partitions: 1 })
class Shop {
  private readonly self = inject(ActorContext);
  @State() private orders = 0;

  @Handler() async order(item: string): Promise<number> {
    this.self.log.info({ item }, "an order");
    this.self.ref(Mail, "bob").tell.deliver();
    this.orders = await this.self.ref(Stock, item).take();
    return this.orders;
  }
  @Handler() forward(letter: string): void {
    this.self.ref(Mail, "bob").tell.read(letter);
  }
}

@Actor("Stock", { partitions: 1 })
class Stock {
  @State() private taken = 0;
  @Handler() take(): number {
    return ++this.taken;
  }
  @Handler() refuse(): void {
    throw new RejectedError("sold out");
  }
}

@Actor("Mail", { partitions: 1, attempts: 1 })
class Mail {
  static broken = false;
  private readonly self = inject(ActorContext);
  @State() private delivered = 0;
  @Handler() deliver(): void {
    if (Mail.broken) throw new Error(`no way to ${this.self.key}`);
    this.delivered++;
  }
  @Handler() read(_letter: string): void {}
}

let rig: Rig;
let telemetry: RecordingTelemetry;

beforeEach(() => {
  rig = new Rig();
  telemetry = new RecordingTelemetry();
  Mail.broken = false;
});

const traced = { ports: <P>(ports: P) => ({ ...ports, telemetry }) };

function only(name: string): RecordedSpan {
  const named = telemetry.spans.filter((span) => span.name === name);
  expect(named).toHaveLength(1);
  return named[0]!;
}

describe("P11: a trace", () => {
  it("goes on behind a worker that does not trace", async () => {
    await rig.host([Shop], { process: "blind" });
    await rig.host([Stock, Mail], { process: "seeing", ...traced });
    const client = await rig.host([], { process: "client", ...traced });
    const order = client.ref(Shop, "s1").order("pen");
    await rig.advance(1_000);
    expect(await order).toBe(1);
    const asked = only("ask Shop.order");
    for (const turn of [only("process Stock.take"), only("process Mail.deliver")]) {
      expect([turn.ids.trace_id, turn.parent]).toEqual([asked.ids.trace_id, asked.ids.span_id]);
    }
  });

  it("ended at a process that calls by name and does not trace", async () => {
    await rig.host([Stock], { process: "seeing", ...traced });
    const gateway = await rig.host([], { process: "gateway" });
    const [trace, span] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];
    const take = { address: "Stock/pen", handler: "take", args: [] };
    const calls = [
      gateway.ask({ ...take, parent: { traceparent: `00-${trace}-${span}-01` } }),
      gateway.ask({ ...take, parent: {} }),
      // As a program may hand in the headers of a request, which are no trace.
      gateway.ask({ ...take, parent: { cookie: ["a=1"] } as never }),
    ];
    await rig.advance(1_000);
    expect(await Promise.all(calls)).toEqual([1, 2, 3]);
    const turns = telemetry.spans.filter(({ name }) => name === "process Stock.take");
    expect(turns.map(({ parent }) => parent)).toEqual([span, undefined]);
    expect(turns[0]!.ids.trace_id).toBe(trace);
  });

  it("took the room of what an actor tells, where it was huge and its worker did not trace", async () => {
    const system = await rig.host([Shop, Stock, Mail]);
    const trace = { traceparent: "x".repeat(200_000) };
    const frame = frameOf({ stream: "1767225600000-raw", first: 1, after: 0 }, [
      { to: "Shop/s1", handler: "forward", args: ["y".repeat(100_000)], trace },
    ]);
    await rig.publish("Shop:g1:00", frame);
    await rig.advance(1_000);
    expect(await rig.deadLetters("Shop")).toEqual([]);
    expect(rig.messagesTo("Mail:g1:00")).toMatchObject([{ handler: "read" }]);
    expect(rig.messagesTo("Mail:g1:00")[0]).not.toHaveProperty("trace");
    await system.close();
  });

  it("is one per turn where turns are linked to their senders", async () => {
    const system = await rig.host([Shop, Stock, Mail], { ...traced, tracing: { correlation: "link" } });
    const order = system.ref(Shop, "s1").order("pen");
    await rig.advance(1_000);
    await order;
    for (const [sender, turn] of [
      [only("ask Shop.order"), only("process Shop.order")],
      [only("ask Stock.take"), only("process Stock.take")],
      [only("send Mail"), only("process Mail.deliver")],
    ] as const) {
      expect(turn.parent).toBeUndefined();
      expect(turn.options.links?.[0]?.["traceparent"]).toContain(`${sender.ids.trace_id}-${sender.ids.span_id}`);
    }
  });

  it("goes on from whoever wants a call by name, who is told the call's span at once", async () => {
    const system = await rig.host([Stock], traced);
    const parent = { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", baggage: "tenant=a" };
    const told: TraceIds[] = [];
    const call: UntypedCall = {
      address: "Stock/pen",
      handler: "take",
      args: [],
      parent,
      traced: (span) => told.push(span),
    };
    const calls = [system.ask(call), system.tell(call)];
    expect(told).toHaveLength(2);
    await rig.advance(1_000);
    await Promise.all(calls);
    const sent = [only("ask Stock.take"), only("send Stock")];
    expect(sent.map((span) => [span.ids.trace_id, span.parent])).toEqual([
      ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"],
      ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"],
    ]);
    expect(told).toEqual(sent.map(({ ids }) => ids));
    const turns = telemetry.spans.filter(({ name }) => name === "process Stock.take");
    expect(turns.map((turn) => turn.options.parent)).toEqual([
      expect.objectContaining({ baggage: "tenant=a" }),
      expect.objectContaining({ baggage: "tenant=a" }),
    ]);
  });

  it("is not begun for a call by name that its caller sampled out", async () => {
    const system = await rig.host([Stock], traced);
    const call = { address: "Stock/pen", handler: "take", args: [], parent: {}, traced: () => expect.unreachable() };
    const asked = system.ask(call);
    await rig.advance(1_000);
    expect(await asked).toBe(1);
    expect(telemetry.spans.filter(({ name }) => name.endsWith("Stock.take"))).toEqual([]);
  });

  it("does not stay open for as long as a message is delayed", async () => {
    const system = await rig.host([Mail], traced);
    const told = system.ref(Mail, "bob").with({ delay: "1h" }).tell.deliver();
    await rig.advance(1_000);
    await told;
    expect(telemetry.open).toEqual([]);
    await rig.advance(3_600_000);
    const [sender, turn] = [only("schedule Mail"), only("process Mail.deliver")];
    expect(turn.parent).toBeUndefined();
    expect(turn.options.links?.[0]?.["traceparent"]).toContain(sender.ids.span_id);
  });

  it("begins anew, and is linked, when an operator sends a dead letter again", async () => {
    const system = await rig.host([Mail], traced);
    Mail.broken = true;
    const told = system.ref(Mail, "bob").tell.deliver();
    await rig.advance(1_000);
    await told;
    const first = only("send Mail");
    const [letter] = await rig.deadLetters("Mail");
    expect(letter!.message).toMatchObject({ trace: { traceparent: expect.stringContaining(first.ids.trace_id) } });
    Mail.broken = false;
    const retried = system.dead.retry({ type: "Mail" });
    await rig.advance(1_000);
    expect(await retried).toMatchObject({ retried: 1 });
    const again = telemetry.spans.filter(({ name }) => name === "send Mail")[1]!;
    expect(again.ids.trace_id).not.toBe(first.ids.trace_id);
    expect(again.options.links?.[0]?.["traceparent"]).toContain(first.ids.span_id);
    expect(telemetry.spans.find((span) => span.parent === again.ids.span_id)?.name).toBe("process Mail.deliver");
  });

  it("shows no key of an actor where keys are hashed, not even in errors", async () => {
    const system = await rig.host([Shop, Stock, Mail], { ...traced, tracing: { keys: "hashed" } });
    Mail.broken = true;
    const order = system.ref(Shop, "secret-shop").order("secret-pen");
    const refused = system.ask({ address: "Shop/secret-shop", handler: "nothing", args: [] }).catch(() => {});
    await rig.advance(1_000);
    await Promise.all([order, refused]);
    const told = telemetry.spans.map(({ name, attributes: own, events, error }) => [name, own, events, String(error)]);
    expect(JSON.stringify(told)).not.toMatch(/secret|bob/);
    expect(only("process Mail.deliver").error).toMatchObject({ name: "Error", message: "HANDLER_FAILED" });
    const keys = telemetry.spans.flatMap(({ attributes: own }) => own[attributes.actorKey] ?? []);
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set(keys).size).toBe(3);
  });

  it("is named on what an actor logs in its turn, and on the report of a turn that fails", async () => {
    const system = await rig.host([Shop, Stock, Mail], traced);
    Mail.broken = true;
    const order = system.ref(Shop, "s1").order("pen");
    await rig.advance(1_000);
    await order;
    const [logged] = rig.lines.filter(({ line }) => line === "an order");
    expect(logged!.fields).toMatchObject({ actor: "Shop/s1", item: "pen", ...only("process Shop.order").ids });
    const reports = rig.lines.filter(({ fields }) => fields["actor"] === "Mail/bob");
    expect(reports).toHaveLength(2);
    for (const { fields } of reports) expect(fields).toMatchObject(only("process Mail.deliver").ids);
  });

  it("shows a refusal as a failure of the call, and not of the turn that decided so", async () => {
    const system = await rig.host([Stock], traced);
    const refused = system
      .ref(Stock, "pen")
      .refuse()
      .catch(() => {});
    await rig.advance(1_000);
    await refused;
    expect(only("ask Stock.refuse").error).toMatchObject({ name: "RejectedError" });
    const turn = only("process Stock.refuse");
    expect([turn.error, turn.ended]).toEqual([undefined, true]);
    expect(turn.attributes).toMatchObject({
      [attributes.outcome]: "rejected",
      [attributes.errorType]: "RejectedError",
    });
  });

  it("ends with the commit that several turns share, which is the child of the first and linked to the others", async () => {
    const system = await rig.host([Stock], traced);
    const asks = ["a", "b", "c"].map((item) => system.ref(Stock, item).take());
    await rig.advance(1_000);
    await Promise.all(asks);
    const turns = telemetry.spans.filter(({ name }) => name === "process Stock.take");
    const commit = only("state.commit");
    expect(commit.attributes[attributes.batchCount]).toBe(3);
    const linked = commit.options.links!.map(({ traceparent }) => traceparent!.split("-")[2]);
    expect(new Set([commit.parent, ...linked])).toEqual(new Set(turns.map(({ ids }) => ids.span_id)));
    expect(telemetry.open).toEqual([]);
  });
});
