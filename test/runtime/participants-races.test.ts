import type { Store } from "@actor-runtime/core";
import {
  Actor,
  ActorContext,
  Handler,
  inject,
  Query,
  State,
  systemActors,
  Transactional,
} from "@actor-runtime/runtime";
import { testCluster } from "@actor-runtime/testing";
import { describe, expect, it } from "vitest";
import { Gate, Rig, refusalOf } from "./support.js";

/** What `onActivate` waits for. */
let waking: Promise<void> | undefined;

@Actor("Account", { partitions: 1 })
class Account {
  @State() private balance = 100;

  async onActivate(): Promise<void> {
    await waking;
  }
  @Handler() deposit(amount: number): number {
    return (this.balance += amount);
  }
  @Query() current(): number {
    return this.balance;
  }
}

@Actor("Shop", { partitions: 1, attempts: 1_000_000 })
class Shop {
  private readonly self = inject(ActorContext);
  @State() private readonly done: string[] = [];

  @Transactional("createOrJoin", { timeout: "1s" })
  @Handler()
  async order(): Promise<void> {
    const stock = this.self.ref(Account, "stock");
    for (let taken = 0; taken < 3; taken++) await stock.deposit(-1);
    await slowly.pass();
    this.done.push("order");
  }
  @Handler() note(what: string): void {
    this.done.push(what);
  }
  @Query() list(): readonly string[] {
    return this.done;
  }
}

/** What each order waits for. */
const slowly = new Gate();

describe("an actor in a transaction", () => {
  it("P9: takes back what an aborted transaction did, also while it looks for an answer it may have given before", async () => {
    const rig = new Rig();
    const lookups = new Gate();
    const gate = new Gate();
    let slow = false;
    const lookingUp = (store: Store): Store["readAnswers"] => {
      return async (...args) => {
        if (slow) await lookups.pass();
        return store.readAnswers(...args);
      };
    };
    const ports = <P extends { store: Store }>(given: P): P => {
      const readAnswers = lookingUp(given.store);
      const store = new Proxy(given.store, {
        get(target, key) {
          const member: unknown = key === "readAnswers" ? readAnswers : Reflect.get(target, key);
          return typeof member === "function" ? member.bind(target) : member;
        },
      });
      return { ...given, store };
    };
    await rig.host([Account, ...systemActors], { process: "worker", workerId: "worker", ports });
    const client = await rig.host([], { process: "client", workerId: "client" });
    const alice = client.ref(Account, "alice");
    const run = client.transaction(async (tx) => {
      const once = tx.ref(alice.with({ idempotencyKey: "once" }));
      await once.deposit(30);
      slow = true;
      once.deposit(30).catch(() => {});
      await gate.pass();
      throw new Error("changed my mind");
    });
    await rig.settle();
    expect(lookups.arrivals).toBe(1);
    gate.open();
    await refusalOf(run);
    await rig.settle();
    slow = false;
    lookups.open();
    expect(await alice.deposit(1)).toBe(101);
  });

  it("P9: goes on when two of its messages are suspected of two crashes, and the older transaction comes second", async () => {
    const limits = { leaseMs: 3_000 };
    await using cluster = await testCluster({ actors: [Account], workers: ["w1"], limits });
    const [one, two] = [await cluster.client("one"), await cluster.client("two")];
    const second = new Gate();
    waking = new Promise(() => {});
    const older = one.transaction({ timeout: "50s" }, async (tx) => {
      await second.pass();
      return tx.ref(one.ref(Account, "alice").with({ timeout: "50s" })).deposit(1);
    });
    await cluster.advance(100);
    const younger = two.transaction({ timeout: "50s" }, (tx) =>
      tx.ref(two.ref(Account, "alice").with({ timeout: "50s" })).deposit(2),
    );
    await cluster.advance(100);
    second.open();
    await cluster.advance(1_000);
    await cluster.restart("w1");
    await cluster.advance(8_000);
    waking = undefined;
    await cluster.restart("w1");
    await cluster.until(Promise.all([older, younger]), { within: "20s" });
    expect(await cluster.until(cluster.ref(Account, "alice").current())).toBe(103);
  });

  it("P8: what an older transaction asked whose caller died had a younger one give way for ever that it waited behind", async () => {
    await using cluster = await testCluster({ actors: [Account, Shop], workers: ["w1"] });
    const [one, two] = [await cluster.client("one"), await cluster.client("two")];
    const second = new Gate();
    void one
      .transaction({ timeout: "2s" }, async (tx) => {
        await second.pass();
        await tx.ref(Shop, "corner").note("of the dead");
      })
      .catch(() => {});
    await cluster.advance(100);
    await cluster.until(two.ref(Shop, "corner").tell.order());
    await cluster.until(one.ref(Shop, "corner").tell.note("plain"));
    await cluster.advance(100);
    second.open();
    await cluster.advance(100);
    cluster.kill("one");
    slowly.open();
    await cluster.advance("20s");
    expect(await cluster.until(two.ref(Shop, "corner").list())).toEqual(["order", "plain"]);
  });
});
