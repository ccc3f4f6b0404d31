import { QueryChangedStateError, QueryEffectError } from "@actor-runtime/core";
import { Actor, ActorContext, Handler, inject, type LocalSystem, Query, State } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Gate, Rig, refusalOf, watch } from "./support.js";

let gate: Gate;
let turnGate: Gate;
let events: string[];

@Actor("Stock", { partitions: 1 })
class Stock {
  private readonly self = inject(ActorContext);
  @State() private count = 0;
  @State() private items: string[] = [];

  @Handler() add(item: string): number {
    events.push(`add ${item}`);
    this.items.push(item);
    return ++this.count;
  }
  @Handler() async addSlowly(item: string): Promise<number> {
    events.push(`begin ${item}`);
    await turnGate.pass();
    events.push(`end ${item}`);
    return this.add(item);
  }
  @Handler() setCount(count: number): void {
    this.count = count;
  }
  @Query() list(): string[] {
    return this.items;
  }
  @Query() async look(name: string): Promise<number> {
    events.push(`look ${name}`);
    await gate.pass();
    events.push(`looked ${name}`);
    return this.count;
  }
  @Query() assign(): number {
    this.count = 99;
    this.items = ["assigned"];
    return this.count;
  }
  @Query() async assignSlowly(): Promise<number> {
    this.count = 99;
    await gate.pass();
    return this.count;
  }
  @Query() sort(): string[] {
    return this.items.sort();
  }
  @Query() pushAndThrow(): void {
    this.items.push("smuggled");
    throw new Error("on purpose");
  }
  @Query() putFunction(): number {
    (this.items as unknown[]).push(() => 1);
    return 1;
  }
  @Query() tellOther(): void {
    this.self.ref(Stock, "other").tell.add("x");
  }
  @Query() destroy(): void {
    this.self.destroy();
  }
  @Query() async askOther(): Promise<number> {
    return this.self.ref(Stock, "other").add("x");
  }
  @Query() async askByName(type: string, handler: string): Promise<unknown> {
    const ref = this.self.ref<Record<string, () => Promise<unknown>>>(type, "n") as unknown as Record<
      string,
      (item: string) => Promise<unknown>
    >;
    return ref[handler]!("x");
  }
  @Query() async countOf(other: string): Promise<number> {
    return this.self.ref(Stock, other).look("nested");
  }
  @Query() caught(): string {
    try {
      this.self.ref(Stock, "other").tell.add("x");
      return "told";
    } catch (error) {
      return (error as Error).name;
    }
  }
  @Query() key(): string | undefined {
    return this.self.idempotencyKey;
  }
}

@Actor("Elsewhere", { partitions: 1 })
class Elsewhere {
  @State() private count = 5;
  @Handler() add(): number {
    return ++this.count;
  }
  @Query() current(): number {
    return this.count;
  }
}

let rig: Rig;
let system: LocalSystem;

beforeEach(async () => {
  gate = new Gate();
  turnGate = new Gate();
  events = [];
  rig = new Rig();
  system = await rig.host([Stock]);
});

const stock = () => system.ref(Stock, "s");
/** The committed items, past all memory. */
const stored = async () => (await system.actors.read("Stock/s"))?.items;

describe("P7: queries", () => {
  it("overlap each other", async () => {
    const answers = [stock().look("a"), stock().look("b")].map((answer) => watch(answer));
    await rig.settle();
    expect(events).toEqual(["look a", "look b"]);
    gate.open();
    await rig.settle();
    expect(answers.map(({ value }) => value)).toEqual([0, 0]);
  });

  it("never overlap a turn: they wait for it, and it waits for them", async () => {
    const answers = [stock().addSlowly("x"), stock().look("a"), stock().add("y")].map((answer) => watch(answer));
    await rig.settle();
    expect(events).toEqual(["begin x"]);
    turnGate.open();
    await rig.settle();
    expect(events).toEqual(["begin x", "end x", "add x", "look a"]);
    gate.open();
    await rig.settle();
    expect(events.slice(4)).toEqual(["looked a", "add y"]);
    expect(answers.map(({ value }) => value)).toEqual([1, 1, 2]);
  });

  it("do not starve a handler: those that come after it run after it", async () => {
    for (const call of [stock().look("a"), stock().add("x"), stock().look("b")]) watch(call);
    await rig.settle();
    expect(events).toEqual(["look a"]);
    gate.open();
    await rig.settle();
    expect(events).toEqual(["look a", "looked a", "add x", "look b", "looked b"]);
  });

  it("have neither number nor key", async () => {
    expect(await stock().key()).toBeUndefined();
    expect(rig.published[0]!.frame.headers.segments).toEqual([]);
  });

  it("commit nothing", async () => {
    await stock().add("a");
    const before = rig.world.store.snapshot().leases.get("Stock:g1:00")!.seq;
    await stock().list();
    await system.ask({ address: "Stock/s", handler: "list", args: [] });
    await rig.settle();
    expect(rig.world.store.snapshot().leases.get("Stock:g1:00")!.seq).toBe(before);
  });

  it("P5: answer when the turns that finished before them are committed, not sooner", async () => {
    rig.world.store.failCommits(3, "before");
    const [added, listed] = [watch(stock().add("a")), watch(stock().list())];
    await rig.settle();
    expect(events).toEqual(["add a"]);
    expect([added.state, listed.state]).toEqual(["pending", "pending"]);
    expect(rig.replies).toEqual([]);
    await rig.advance(1_000);
    expect([added.value, listed.value]).toEqual([1, ["a"]]);
  });

  it("P5: do not answer from a turn whose commit was refused; they run again", async () => {
    rig.world.store.failCommits(1_000, "before");
    const [added, listed] = [watch(stock().add("a")), watch(stock().list())];
    await rig.settle();
    rig.world.store.failCommits(0, "before");
    await system.crash("Stock/s");
    await rig.settle();
    expect([added.value, listed.value]).toEqual([1, ["a"]]);
    expect(events).toEqual(["add a", "add a"]);
  });

  it("by a caller that knows the name alone are answered as well", async () => {
    const client = await rig.host([], { process: "client" });
    await stock().add("a");
    expect(await client.ref<Stock>("Stock", "s").list()).toEqual(["a"]);
    expect(await client.ask({ address: "Stock/s", handler: "list", args: [] })).toEqual(["a"]);
    expect(await client.ref<Stock>("Stock", "s").add("b")).toBe(2);
  });
});

describe.each([
  { dev: true, where: "in dev" },
  { dev: false, where: "in production" },
])("a query that changes something, $where,", ({ dev }) => {
  beforeEach(async () => {
    rig = new Rig();
    system = await rig.host([Stock], { dev });
    await stock().add("b");
    await stock().add("a");
  });

  it("by assigning state is QueryEffectError that names the fields, and they are as before", async () => {
    const error = await refusalOf(stock().assign());
    expect(error).toBeInstanceOf(QueryEffectError);
    expect(error.message).toContain("count, items");
    expect(await stock().list()).toEqual(["b", "a"]);
    expect(await stock().add("c")).toBe(3);
    expect(await stored()).toEqual(["b", "a", "c"]);
  });

  it("while another one runs fails both, so that nobody gets a value that never was", async () => {
    const answers = [watch(stock().look("beside")), watch(stock().assignSlowly())];
    await rig.settle();
    gate.open();
    await rig.settle();
    expect(answers.map(({ error }) => error?.name)).toEqual(["QueryEffectError", "QueryEffectError"]);
    expect(await stock().add("c")).toBe(3);
  });

  it("in place is found or undone, and never committed", async () => {
    const sorted = watch(stock().sort());
    await rig.settle();
    if (dev) {
      expect(sorted.error).toBeInstanceOf(QueryChangedStateError);
      expect(sorted.error!.message).toContain("Stock/s.sort");
    }
    await stock().setCount(7);
    expect(await stored()).toEqual(["b", "a"]);
    expect(await stock().list()).toEqual(["b", "a"]);
  });

  it("in place and then throws is undone, and never committed", async () => {
    await refusalOf(stock().pushAndThrow());
    await stock().setCount(7);
    expect(await stored()).toEqual(["b", "a"]);
    expect(await stock().list()).toEqual(["b", "a"]);
  });

  it("in place to something that cannot even be stored is undone, too", async () => {
    await watch(stock().putFunction()).end();
    expect(await stock().add("c")).toBe(3);
    expect(await stored()).toEqual(["b", "a", "c"]);
  });
});

describe("in a query", () => {
  it("tells throw QueryEffectError, and nothing leaves", async () => {
    expect(await refusalOf(stock().tellOther())).toBeInstanceOf(QueryEffectError);
    expect(await stock().caught()).toBe("QueryEffectError");
    await rig.settle();
    expect(await system.ref(Stock, "other").list()).toEqual([]);
  });

  it("destroying the actor throws QueryEffectError", async () => {
    await stock().add("a");
    expect(await refusalOf(stock().destroy())).toBeInstanceOf(QueryEffectError);
    expect(await stock().list()).toEqual(["a"]);
  });

  it("asks to handlers throw QueryEffectError where the class is known", async () => {
    const error = await refusalOf(stock().askOther());
    expect(error).toBeInstanceOf(QueryEffectError);
    expect(error.message).toContain("Stock.add");
    expect(await system.ref(Stock, "other").list()).toEqual([]);
  });

  it("asks to handlers of types hosted elsewhere are refused by their owner", async () => {
    const other = await rig.host([Elsewhere], { process: "other" });
    const refused = watch(stock().askByName("Elsewhere", "add"));
    await rig.advance(1_000);
    expect(refused.error).toBeInstanceOf(QueryEffectError);
    expect(refused.error!.message).toContain("Elsewhere.add");
    expect(await other.ref(Elsewhere, "n").current()).toBe(5);
  });

  it("other queries may be asked, of types hosted elsewhere too", async () => {
    await rig.host([Elsewhere], { process: "other" });
    expect(await stock().askByName("Elsewhere", "current")).toBe(5);
    await system.ref(Stock, "other").add("x");
    gate.open();
    expect(await stock().countOf("other")).toBe(1);
  });
});
