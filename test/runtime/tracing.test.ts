import { attributes as named } from "@actor-runtime/core";
import {
  Actor,
  ActorContext,
  Handler,
  inject,
  type LocalSystem,
  Query,
  State,
  type TracingOptions,
} from "@actor-runtime/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { activate, ask, commit, expectTree, load, own, process, schedule, send } from "../otlp/pattern.js";
import { refusalOf } from "./support.js";
import { TracedRig } from "./tracing-support.js";

let traced: TracedRig;
let system: LocalSystem;

@Actor("Shop", { partitions: 1 })
class Shop {
  private readonly self = inject(ActorContext);
  @State() private orders = 0;

  @Handler() async order(item: string): Promise<number> {
    const left = await this.self.ref(Stock, item).reserve(1);
    this.self.ref(Mail, "clerk").tell.deliver(item);
    this.orders++;
    return left;
  }
  @Handler() async tidy(): Promise<void> {
    const span = traced.telemetry.span("sweep the floor", { kind: "internal" });
    await span.run(() => this.self.ref(Stock, "brooms").reserve(1));
    span.end();
  }
  @Handler() remind(): void {
    this.self.ref(Mail, "clerk").with({ delay: "1h" }).tell.deliver("reminder");
  }
  @Handler() async askItself(): Promise<void> {
    await this.self.ref(Shop, this.self.key).askItself();
  }
  @Query() async looksAt(item: string): Promise<number> {
    return this.self.ref(Stock, item).count();
  }
}

@Actor("Stock", { partitions: 1 })
class Stock {
  @State() private reserved = 0;

  @Handler() reserve(count: number): number {
    return (this.reserved += count);
  }
  @Query() count(): number {
    return this.reserved;
  }
}

/** How many deliveries fail from now on. */
let failures: number;
/** Whether guests can come to life. */
let welcome: boolean;

@Actor("Mail", { partitions: 1, attempts: 3 })
class Mail {
  private readonly self = inject(ActorContext);
  @State() private readonly sent: string[] = [];

  @Handler() deliver(text: string): void {
    this.self.log.warn({}, "delivering");
    if (failures-- > 0) throw new TypeError("no such mailbox");
    this.sent.push(text);
  }
}

/** Asks on its way in, and does something on its way out. */
@Actor("Guest", { partitions: 1 })
class Guest {
  private readonly self = inject(ActorContext);
  async onActivate(): Promise<void> {
    await this.self.ref(Stock, "beds").count();
    if (!welcome) throw new Error("the house is full");
  }
  @Handler() stay(): string {
    return "good night";
  }
}

const actors = [Shop, Stock, Mail, Guest];
const ok = { [named.outcome]: "ok" };

async function open(tracing: TracingOptions = {}): Promise<void> {
  traced = new TracedRig();
  system = await traced.host(actors, { tracing });
}

beforeEach(async () => {
  failures = 0;
  welcome = true;
  await open();
});
afterEach(() => traced.end());

describe("P11: a trace", () => {
  it("follows an ask through the asks and tells of its turn", async () => {
    await system.ref(Shop, "main").order("lamp");
    await traced.rig.settle();
    const below = [
      ask("Stock.reserve", [process("Stock.reserve").with(ok)]),
      send("Mail", [process("Mail.deliver").with(ok)]),
    ];
    expectTree(traced.traceOf("ask Shop.order"), ask("Shop.order", [process("Shop.order", below).with(ok)]));
  });

  it("shows who woke, and what was loaded for it, beside the turn", async () => {
    await system.ref(Stock, "lamp").reserve(1);
    expectTree(
      traced.traceOf("ask Stock.reserve"),
      ask("Stock.reserve", [activate("Stock", [load()]), process("Stock.reserve", [commit()])]),
    );
  });

  it("shows what an actor asks as it wakes", async () => {
    await system.ref(Guest, "ann").stay();
    expectTree(
      traced.traceOf("ask Guest.stay"),
      ask("Guest.stay", [
        activate("Guest", [load(), ask("Stock.count", [process("Stock.count")])]),
        process("Guest.stay"),
      ]),
    );
  });

  it("shows that an actor could not wake", async () => {
    welcome = false;
    await refusalOf(system.ref(Guest, "ann").stay());
    const trace = traced.traceOf("ask Guest.stay");
    expect(trace.find(({ name }) => name === "activate Guest")).toMatchObject({ failed: true });
    expect(trace.find(({ name }) => name === "process Guest.stay")).toMatchObject({ failed: true });
  });

  it("says of a tell whose actor could not wake that it is tried again", async () => {
    welcome = false;
    await system.ref(Guest, "ann").tell.stay();
    await traced.rig.settle();
    welcome = true;
    await traced.rig.advance(60_000);
    const asking = ask("Stock.count", [process("Stock.count")]);
    expectTree(
      traced.traceOf("send Guest"),
      send("Guest", [
        activate("Guest", [load(), asking]).failed("Error"),
        process("Guest.stay").failed("Error").telling("retry scheduled"),
        activate("Guest", [asking]),
        process("Guest.stay").with({ ...ok, [named.attempt]: 2 }),
      ]),
    );
  });

  it("holds the spans that a handler makes itself, and what is asked within them", async () => {
    await system.ref(Shop, "main").tidy();
    expectTree(
      traced.traceOf("ask Shop.tidy"),
      ask("Shop.tidy", [
        process("Shop.tidy", [own("sweep the floor", [ask("Stock.reserve", [process("Stock.reserve")])])]),
      ]),
    );
  });

  it("is that of the span around a call from outside", async () => {
    const span = traced.telemetry.span("GET /orders", { kind: "internal" });
    await span.run(() => system.ref(Stock, "lamp").tell.reserve(1));
    span.end();
    await traced.rig.settle();
    expectTree(traced.traceOf("GET /orders"), own("GET /orders", [send("Stock", [process("Stock.reserve")])]));
  });

  it("goes through queries, which commit nothing", async () => {
    await system.ref(Shop, "main").looksAt("lamp");
    const trace = traced.traceOf("ask Shop.looksAt");
    expectTree(trace, ask("Shop.looksAt", [process("Shop.looksAt", [ask("Stock.count", [process("Stock.count")])])]));
    expect(trace.map(({ name }) => name)).not.toContain("state.commit");
  });

  it("ends where a message is delayed, and begins anew with a link when its time has come", async () => {
    await system.ref(Shop, "main").remind();
    await traced.rig.advance(3_600_000);
    const trace = traced.traceOf("ask Shop.remind");
    expectTree(trace, ask("Shop.remind", [process("Shop.remind", [schedule("Mail")])]));
    const later = traced.traceOf("process Mail.deliver");
    expectTree(later, process("Mail.deliver"));
    const { traceId, spanId } = trace.find(({ name }) => name === "schedule Mail")!;
    expect(later.find(({ name }) => name === "process Mail.deliver")!.links).toContainEqual({ traceId, spanId });
  });

  it("of a message that its sender sampled out is empty, also of what follows from it", async () => {
    const before = traced.spans().length;
    await traced.telemetry.sampledOut.run(() => system.ref(Shop, "main").order("lamp"));
    await traced.telemetry.sampledOut.run(() => system.ref(Mail, "clerk").tell.deliver("lamp"));
    await traced.rig.settle();
    expect(traced.spans().slice(before)).toEqual([]);
  });

  it("has its ids in the log lines of each attempt, and in the dead letter that is left", async () => {
    failures = 3;
    await system.ref(Mail, "clerk").tell.deliver("lamp");
    await traced.rig.advance(60_000);
    const [sent] = traced.named("send Mail");
    const turns = traced.named("process Mail.deliver");
    const lines = traced.rig.lines.filter(({ line }) => line === "delivering");
    expect(lines.map(({ fields }) => [fields["trace_id"], fields["span_id"]])).toEqual(
      turns.map(({ spanId }) => [sent!.traceId, spanId]),
    );
    const [letter] = await traced.rig.deadLetters("Mail");
    expect(letter!.message).toMatchObject({ trace: { traceparent: expect.stringContaining(sent!.traceId) } });
  });

  it("says nowhere what an actor's key is where keys are hashed", async () => {
    await open({ keys: "hashed" });
    failures = 3;
    await system.ref(Shop, "secret-shop").order("secret-item");
    await refusalOf(system.ref(Shop, "secret-shop").askItself());
    await refusalOf(system.ask({ address: "Shop/secret-shop", handler: "nothing", args: [] }));
    await traced.rig.advance(60_000);
    const told = traced.telemetry.spans.map(({ name, attributes, events, error, options }) => ({
      name,
      attributes,
      events,
      options,
      error: error instanceof Error ? [error.name, error.message, error.stack] : error,
    }));
    expect(JSON.stringify(told)).not.toMatch(/secret/);
    expect(traced.named("process Shop.order")[0]!.attributes[named.actorKey]).toMatch(/^[\da-f]{16}$/);
  });
});
