import {
  AskTimeoutError,
  ClosedError,
  ConfigError,
  InvalidAddressError,
  UnknownHandlerError,
  UnknownTypeError,
} from "@actor-runtime/core";
import { Actor, ActorContext, Handler, inject, type LocalSystem, Query, State } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { collect, Gate, Rig, refusalOf, watch } from "./support.js";

let gate: Gate;
let leaving: Gate;
let failing: boolean;
let events: string[];
let broken: boolean;

@Actor("Customer", { partitions: 4, attempts: 5 })
class Customer {
  private readonly self = inject(ActorContext);
  @State() private name = "";
  @State() private visits = 0;

  async onActivate(): Promise<void> {
    if (broken) throw new Error("cannot come to life");
  }
  async onDeactivate(): Promise<void> {
    await leaving.pass();
  }
  @Handler() rename(name: string): void {
    this.name = name;
  }
  @Handler() visit(): number {
    events.push("visit");
    if (failing) throw new Error("on purpose");
    return ++this.visits;
  }
  @Handler() async visitSlowly(): Promise<number> {
    await gate.pass();
    return ++this.visits;
  }
  @Handler() leave(): void {
    this.visits++;
    this.self.deactivate();
  }
  @Query() count(): number {
    return this.visits;
  }
  @Query() async look(name: string): Promise<void> {
    events.push(`look ${name}`);
    await gate.pass();
  }
}

/** Two versions of one class. */
@Actor("Contract", { partitions: 1 })
class ContractOne {
  @State() private pages = 0;
  @Handler() write(): number {
    return ++this.pages;
  }
}

@Actor("Contract", { partitions: 1, version: 2 })
class ContractTwo {
  @State() private pages = 0;
  @Handler() write(): number {
    return ++this.pages;
  }
}

/** Shares a mailbox. */
@Actor("Invoice", { partitions: 1, mailbox: "orders" })
class Invoice {
  @State() private total = 0;
  @Handler() add(amount: number): number {
    return (this.total += amount);
  }
}

@Actor("Order", { partitions: 1, mailbox: "orders" })
class Order {
  @State() private lines = 0;
  @Handler() add(): number {
    events.push("order");
    return ++this.lines;
  }
}

let rig: Rig;
let system: LocalSystem;

beforeEach(async () => {
  gate = new Gate();
  leaving = new Gate();
  leaving.open();
  failing = false;
  broken = false;
  events = [];
  rig = new Rig();
  system = await rig.host([Customer, Invoice, Order]);
});

const ann = () => system.ref(Customer, "ann");

describe("system.actors", () => {
  it("lists the actors of a type with stored state, and those of a prefix", async () => {
    for (const key of ["ann", "anton", "bob"]) await system.ref(Customer, key).rename(key);
    await system.ref(Customer, "new").count();
    const all = await collect(system.actors.list("Customer"));
    expect(all.map(({ address }) => address).sort()).toEqual(["Customer/ann", "Customer/anton", "Customer/bob"]);
    expect(all[0]).toMatchObject({ version: 1, bytes: expect.any(Number) });
    const some = await collect(system.actors.list("Customer", { prefix: "an" }));
    expect(some.map(({ address }) => address).sort()).toEqual(["Customer/ann", "Customer/anton"]);
  });

  it("lists one of the types that share a mailbox", async () => {
    await system.ref(Invoice, "1").add(5);
    await system.ref(Order, "1").add();
    expect((await collect(system.actors.list("Invoice"))).map(({ address }) => address)).toEqual(["Invoice/1"]);
  });

  it("reads committed state by field", async () => {
    await ann().rename("Ann");
    expect(await system.actors.read("Customer/ann")).toEqual({ name: "Ann", visits: 0 });
    expect(await system.actors.read("Customer/nobody")).toBeUndefined();
  });

  it("serves a client that hosts nothing", async () => {
    await ann().rename("Ann");
    const client = await rig.host([], { process: "client" });
    expect(await collect(client.actors.list("Customer"))).toHaveLength(1);
    expect(await client.actors.read("Customer/ann")).toEqual({ name: "Ann", visits: 0 });
    expect(await client.actors.erase("Customer/ann")).toEqual({ deadLetters: 0 });
    expect(await client.actors.read("Customer/ann")).toBeUndefined();
  });

  it("P13: refuses unknown types and what is no address", async () => {
    expect(await refusalOf(collect(system.actors.list("Costumer")))).toBeInstanceOf(UnknownTypeError);
    expect(await refusalOf(system.actors.read("Customer"))).toBeInstanceOf(InvalidAddressError);
    expect(await refusalOf(system.actors.erase("Costumer/ann"))).toBeInstanceOf(UnknownTypeError);
    expect(await refusalOf(system.ask({ address: "Customer/ann", handler: "$erase", args: [] }))).toBeInstanceOf(
      UnknownHandlerError,
    );
  });
});

describe("erasing an actor", () => {
  /** Erases while time goes on. */
  async function erase(address = "Customer/ann") {
    const erased = watch(system.actors.erase(address));
    await rig.advance(2_000);
    expect(erased.error).toBeUndefined();
    expect(erased.state).toBe("resolved");
    return erased.value!;
  }

  it("removes its state, and the next message meets a new one", async () => {
    await ann().visit();
    await erase();
    expect(await system.actors.read("Customer/ann")).toBeUndefined();
    expect(await ann().visit()).toBe(1);
  });

  it("of whom nothing is stored does nothing, and is answered", async () => {
    expect(await erase()).toEqual({ deadLetters: 0 });
  });

  it("removes a message that waits for its next attempt", async () => {
    failing = true;
    await ann().tell.visit();
    await rig.settle();
    expect(events).toEqual(["visit"]);
    await erase();
    failing = false;
    events = [];
    await system.crash("Customer/ann");
    await rig.advance(120_000);
    expect(events).toEqual([]);
    expect(await rig.deadLetters("Customer")).toEqual([]);
  });

  it("removes delayed messages", async () => {
    await ann().with({ delay: "1m" }).tell.visit();
    await system.ref(Customer, "bob").with({ delay: "1m" }).tell.visit();
    await rig.settle();
    await erase();
    await rig.advance(120_000);
    expect(await ann().count()).toBe(0);
    expect(await system.ref(Customer, "bob").count()).toBe(1);
  });

  it("removes kept answers", async () => {
    const keyed = ann().with({ idempotencyKey: "k" });
    expect(await keyed.visit()).toBe(1);
    expect(await ann().visit()).toBe(2);
    await erase();
    expect(await keyed.visit()).toBe(1);
    expect(events).toHaveLength(3);
  });

  it("removes an answer of the same moment, too", async () => {
    await ann().count();
    const keyed = ann().with({ idempotencyKey: "k" });
    const first = watch(keyed.visit());
    await erase();
    expect(first.value).toBe(1);
    expect(await keyed.visit()).toBe(1);
    expect(events).toHaveLength(2);
  });

  it("waits for the turn that runs", async () => {
    const slow = watch(ann().visitSlowly());
    await rig.settle();
    const erased = watch(system.actors.erase("Customer/ann"));
    await rig.settle();
    expect(erased.state).toBe("pending");
    gate.open();
    await rig.settle();
    expect(slow.value).toBe(1);
    expect(erased.state).toBe("resolved");
    expect(await system.actors.read("Customer/ann")).toBeUndefined();
  });

  it("works while it leaves memory", async () => {
    leaving = new Gate();
    await ann().leave();
    await rig.settle();
    expect(leaving.arrivals).toBe(1);
    const erased = watch(system.actors.erase("Customer/ann"));
    await rig.settle();
    leaving.open();
    await rig.advance(2_000);
    expect(erased.state).toBe("resolved");
    expect(await system.actors.read("Customer/ann")).toBeUndefined();
  });

  it("works when it cannot come to life", async () => {
    await ann().visit();
    await system.crash("Customer/ann");
    broken = true;
    await erase();
    broken = false;
    expect(await ann().count()).toBe(0);
  });

  it("works when it could not come to life a moment ago", async () => {
    broken = true;
    rig.world.store.failCommits(4, "before");
    const visit = watch(ann().visit());
    await rig.settle();
    const erased = watch(system.actors.erase("Customer/ann"));
    await rig.advance(5_000);
    expect([visit.state, erased.state]).toEqual(["rejected", "resolved"]);
  });

  it("works while its message waits for a worker that knows its state", async () => {
    const two = await rig.host([ContractTwo], { process: "two" });
    await two.ref(ContractTwo, "c").write();
    await two.close();
    const one = await rig.host([ContractOne], { process: "one" });
    await one.ref(ContractOne, "c").tell.write();
    await rig.settle();
    const erased = watch(one.actors.erase("Contract/c"));
    await rig.advance(2_000);
    expect(erased.state).toBe("resolved");
    expect(await one.ref(ContractOne, "c").write()).toBe(1);
  });

  it("is not held up by queries that come after it", async () => {
    const first = watch(ann().look("first"));
    await rig.settle();
    const erased = watch(system.actors.erase("Customer/ann"));
    await rig.settle();
    const second = watch(ann().look("second"));
    await rig.settle();
    expect(events).toEqual(["look first"]);
    gate.open();
    await rig.settle();
    expect([first.state, erased.state, second.state]).toEqual(["resolved", "resolved", "resolved"]);
  });

  it("works although it has as many waiting messages as it may", async () => {
    rig = new Rig();
    system = await rig.host([Customer], { limits: { maxWaitingPerActor: 2 } });
    failing = true;
    await ann().tell.visit();
    await rig.settle();
    await ann().tell.visit();
    await rig.settle();
    const erased = watch(system.actors.erase("Customer/ann"));
    await rig.settle();
    expect(erased).toMatchObject({ state: "resolved", value: { deadLetters: 0 } });
  });

  it("reports the dead letters that still name it, and no others", async () => {
    failing = true;
    for (const key of ["ann", "ann", "bob"]) await system.ref(Customer, key).tell.visit();
    await rig.advance(600_000);
    expect(await erase()).toEqual({ deadLetters: 2 });
  });

  it("P2: is not done again by the repeat of a caller whose answer was lost, for that would take what came since", async () => {
    let lost = true;
    rig = new Rig();
    system = await rig.host([Customer], {
      ports: ({ broker, ...ports }) => {
        const reply: typeof broker.reply = (to, body) => void (lost || broker.reply(to, body));
        return { ...ports, broker: { ...broker, reply } };
      },
    });
    await ann().tell.visit();
    const erased = watch(system.actors.erase("Customer/ann"));
    await rig.advance(1_000);
    lost = false;
    expect(await ann().visit()).toBe(1);
    await system.crash("Customer/ann");
    await rig.advance(20_000);
    expect(erased.state).toBe("resolved");
    expect(await ann().count()).toBe(1);
  });

  it("twice at once answers both", async () => {
    await ann().visit();
    const both = [watch(system.actors.erase("Customer/ann")), watch(system.actors.erase("Customer/ann"))];
    await rig.advance(2_000);
    expect(both.map(({ state }) => state)).toEqual(["resolved", "resolved"]);
  });
});

describe("types that share a mailbox", () => {
  it("keep their state apart under the same key", async () => {
    expect(await system.ref(Invoice, "1").add(5)).toBe(5);
    expect(await system.ref(Order, "1").add()).toBe(1);
    expect(await system.ref(Invoice, "1").add(5)).toBe(10);
  });

  it("P13: and one that is no longer hosted does not end the worker when its delayed messages come due", async () => {
    await system.ref(Order, "1").with({ delay: "1m" }).tell.add();
    await rig.settle();
    await system.close();
    const next = await rig.host([Invoice], { process: "next" });
    await rig.advance(120_000);
    expect(await next.ref(Invoice, "1").add(5)).toBe(5);
    await next.close();
    // A worker that hosts it again finds them.
    await rig.host([Invoice, Order], { process: "third" });
    await rig.advance(10_000);
    expect(events).toEqual(["order"]);
  });

  it("must agree on the partitions that were recorded first", async () => {
    @Actor("Customer", { partitions: 8 })
    class More {
      @Handler() visit(): void {}
    }
    const error = await refusalOf(rig.host([More], { process: "more" }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain("partitions: 4");
  });
});

describe("close()", () => {
  it("lets running turns end, commits them and answers", async () => {
    const slow = watch(ann().visitSlowly());
    await rig.settle();
    const closed = watch(system.close());
    await rig.advance(2_000);
    expect(closed.state).toBe("pending");
    gate.open();
    await rig.advance(100);
    expect(closed.state).toBe("resolved");
    expect(slow).toMatchObject({ state: "resolved", value: 1 });
    const next = await rig.host([Customer], { process: "next" });
    expect(await next.ref(Customer, "ann").count()).toBe(1);
  });

  it("lets turns end that take longer than a lease, within the drain time", async () => {
    const slow = watch(ann().visitSlowly());
    await rig.settle();
    const closed = watch(system.close({ drainTimeout: "25s" }));
    await rig.advance(20_000);
    expect(closed.state).toBe("pending");
    gate.open();
    await rig.advance(1_000);
    expect(closed.state).toBe("resolved");
    expect(slow).toMatchObject({ state: "resolved", value: 1 });
  });

  it("ends after the drain time although turns still run, and their messages run again elsewhere", async () => {
    const client = await rig.host([], { process: "client" });
    const slow = watch(client.ref<Customer>("Customer", "ann").with({ timeout: "50s" }).visitSlowly());
    await rig.settle();
    const closed = watch(system.close({ drainTimeout: "3s" }));
    await rig.advance(3_100);
    expect(closed.state).toBe("resolved");
    await rig.host([Customer], { process: "next" });
    gate.open();
    await rig.advance(1_000);
    expect(slow).toMatchObject({ state: "resolved", value: 1 });
  });

  it("starts nothing new, which waits for the next owner", async () => {
    const client = await rig.host([], { process: "client" });
    const slow = watch(ann().visitSlowly());
    await rig.settle();
    const closed = watch(system.close());
    await rig.settle();
    await client.ref<Customer>("Customer", "bob").tell.visit();
    await rig.settle();
    expect(events).toEqual([]);
    gate.open();
    await rig.advance(100);
    expect([slow.state, closed.state]).toEqual(["resolved", "resolved"]);
    const next = await rig.host([Customer], { process: "next" });
    await rig.settle();
    expect(await next.ref(Customer, "bob").count()).toBe(1);
  });

  it("ends although the store does not answer", async () => {
    rig.world.store.failCommits(1_000_000, "before");
    const visit = watch(ann().visit());
    await rig.settle();
    const closed = watch(system.close({ drainTimeout: "3s" }));
    await rig.advance(60_000);
    expect(closed.state).toBe("resolved");
    expect(visit.state).toBe("rejected");
  });

  it("fails calls that wait for an answer with ClosedError that does not claim that nothing happened", async () => {
    const other = await rig.host([], { process: "client" });
    const asked = watch(other.ref<Customer>("Customer", "ann").visitSlowly());
    await rig.settle();
    await other.close();
    await rig.settle();
    expect(asked.error).toBeInstanceOf(ClosedError);
    gate.open();
    await rig.settle();
    expect(await ann().count()).toBe(1);
    expect(asked.error!.effect).toBe("unknown");
  });

  it("may be called twice", async () => {
    const [first, second] = [system.close(), system.close()];
    await Promise.all([first, second]);
    await system.close();
    await system[Symbol.asyncDispose]();
    expect(system.describe().state).toBe("closed");
  });

  it("is final: asks, tells and administration after it are ClosedError", async () => {
    const ref = ann();
    await ref.visit();
    await system.close();
    for (const call of [
      () => ref.visit(),
      () => ref.count(),
      () => ref.tell.visit(),
      () => system.actors.read("Customer/ann"),
      () => system.actors.erase("Customer/ann"),
    ]) {
      const error = await refusalOf(call());
      expect(error).toBeInstanceOf(ClosedError);
      expect(error.effect).toBe("none");
    }
  });

  it("of a client leaves workers alone", async () => {
    const client = await rig.host([], { process: "client" });
    await client.close();
    expect(await ann().visit()).toBe(1);
  });

  it("leaves no timers behind", async () => {
    await ann().visit();
    await system.close();
    const published = rig.published.length;
    await rig.advance(600_000);
    expect(rig.published).toHaveLength(published);
    expect(rig.logged("warn")).toEqual([]);
  });
});

describe("describe()", () => {
  it("names what is hosted, with its live instances", async () => {
    await ann().visit();
    const [customer] = system.describe().types;
    expect(customer).toEqual({
      name: "Customer",
      mailbox: "Customer",
      partitions: 4,
      handlers: ["rename", "visit", "visitSlowly", "leave"],
      queries: ["count", "look"],
      activations: 1,
      paused: [],
      braked: false,
    });
    expect(system.describe()).toMatchObject({
      namespace: "default",
      transport: "embedded",
      state: "running",
      checks: { state: "ok", partitions: "ok" },
    });
  });
});

describe("a time-out", () => {
  it("of an erasure that cannot run is an AskTimeoutError like any other", async () => {
    watch(ann().tell.visitSlowly());
    await rig.settle();
    const erased = watch(system.actors.erase("Customer/ann"));
    await rig.advance(31_000);
    expect(erased.error).toBeInstanceOf(AskTimeoutError);
    gate.open();
    await rig.settle();
    expect(await ann().visit()).toBe(1);
  });
});
