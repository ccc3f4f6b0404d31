import { RejectedError } from "@actor-runtime/core";
import {
  Actor,
  ActorContext,
  Handler,
  inject,
  type LocalSystem,
  Query,
  State,
  systemActors,
  Transactional,
} from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { frameOf, Gate, Rig, refusalOf, watch } from "./support.js";

let rig: Rig;
let worker: LocalSystem;
let client: LocalSystem;
let other: LocalSystem;
let gate: Gate;
let failing: Gate;
/** Keeps actors from coming to life. */
let waking: Gate | undefined;
/** What handlers made of chance: other values each time. */
let chance: number;
let keys: (string | undefined)[];

@Actor("Purse", { partitions: 1 })
class Purse {
  private readonly self = inject(ActorContext);
  @State() private coins = 0;

  @Handler() put(coins: number): number {
    keys.push(this.self.idempotencyKey);
    return (this.coins += coins);
  }
  @Handler() isNew(): boolean {
    return this.self.isNew;
  }
  @Handler() burn(): void {
    this.self.destroy();
  }
  @Handler() async putSlowly(coins: number): Promise<number> {
    this.coins += coins;
    await gate.pass();
    return this.coins;
  }
  @Handler() hang(): Promise<void> {
    return new Promise(() => {});
  }
  @Query() count(): number {
    return this.coins;
  }
  @Query() async countSlowly(): Promise<number> {
    await gate.pass();
    return this.coins;
  }
}

@Actor("Purse", {
  partitions: 1,
  version: 2,
  migrate: ({ coins }) => ({ cents: Number(coins) * 100 }),
})
class NewPurse {
  @State() private cents = 0;

  @Handler() put(coins: number): number {
    return (this.cents += coins * 100);
  }
  @Query() count(): number {
    return this.cents;
  }
}

@Actor("Clerk", { partitions: 1 })
class Clerk {
  private readonly self = inject(ActorContext);
  @State() private done = 0;

  /** Not awaited: it is answered when the handler has returned. */
  @Transactional()
  @Handler()
  payCarelessly(to: string): number {
    void this.self.ref(Vault, to).refuseSlowly();
    return ++this.done;
  }
  @Handler() putByChance(to: string): Promise<number> {
    return this.self.ref(Purse, to).putSlowly(++chance);
  }
  @Handler() async failAfterCalling(to: string): Promise<void> {
    this.self
      .ref(Vault, to)
      .put(1)
      .catch(() => {});
    await failing.pass();
    throw new RejectedError("no");
  }
  @Transactional()
  @Handler()
  async payAll(from: number, to: number): Promise<number> {
    const names = Array.from({ length: to - from }, (_, n) => `${"x".repeat(200)}${from + n}`);
    await Promise.all(names.map((name) => this.self.ref(Vault, name).put(1)));
    return ++this.done;
  }
  @Transactional()
  @Handler()
  async pay(to: string): Promise<number> {
    await this.self.ref(Purse, to).put(1);
    await gate.pass();
    return ++this.done;
  }
  @Transactional()
  @Handler()
  async payAtSecondTry(to: string): Promise<void> {
    await this.self.ref(Purse, to).put(1);
    this.done++;
    if (++chance === 1) throw new Error("out of ink");
  }
  @Transactional("createOrJoin", { timeout: "5m" })
  @Handler({ timeout: "5m" })
  async hang(): Promise<void> {
    await this.self.ref(Purse, "a").put(1);
    await new Promise(() => {});
  }
  @Handler({ timeout: "5m" }) crash(): Promise<void> {
    return new Promise(() => {});
  }
  @Query() count(): number {
    return this.done;
  }
}

@Actor("Vault", { partitions: 1 })
class Vault {
  @State() private coins = 0;

  @Handler() put(coins: number): number {
    return (this.coins += coins);
  }
  @Handler() async refuseSlowly(): Promise<void> {
    await gate.pass();
    throw new RejectedError("the vault is closed");
  }
  @Query() count(): number {
    return this.coins;
  }
}

@Actor("Sleepy", { partitions: 1 })
class Sleepy {
  private readonly self = inject(ActorContext);

  async onActivate(): Promise<void> {
    await waking?.pass();
  }
  @Handler() burn(): void {
    this.self.destroy();
  }
}

const actors = [Purse, Clerk, Vault, Sleepy, ...systemActors];

beforeEach(async () => {
  rig = new Rig();
  gate = new Gate();
  failing = new Gate();
  waking = undefined;
  chance = 0;
  keys = [];
  worker = await rig.host(actors, { process: "worker", workerId: "worker" });
  client = await rig.host([], { process: "client" });
  other = await rig.host([], { process: "other" });
});

async function heldActors(): Promise<string[]> {
  const held = (await worker.transactions.list()).flatMap((transaction) => transaction.held);
  return held.map(({ address }) => address);
}

describe("in a transaction an actor", () => {
  it("P9: that was destroyed is gone for the calls that follow, and stays gone when it commits", async () => {
    await client.ref(Purse, "a").put(5);
    const seen = await client.transaction(async (tx) => {
      const purse = tx.ref(Purse, "a");
      await purse.burn();
      return [await purse.count(), await purse.isNew()];
    });
    expect(seen).toEqual([0, true]);
    await rig.settle();
    expect(await worker.actors.read("Purse/a")).toBeUndefined();
    const again = await client.transaction(async (tx) => {
      const purse = tx.ref(Purse, "a");
      await purse.put(1);
      await purse.burn();
      return purse.put(7);
    });
    expect(again).toBe(7);
    expect(await client.ref(Purse, "a").count()).toBe(7);
  });

  it("is not new any more once the transaction made something of it", async () => {
    const seen = await client.transaction(async (tx) => {
      const purse = tx.ref(Purse, "a");
      const before = await purse.isNew();
      await purse.put(1);
      return [before, await purse.isNew()];
    });
    expect(seen).toEqual([true, false]);
  });

  it("hands the key that its caller gave to effects outside, the same in every attempt", async () => {
    const older = other.transaction(async (tx) => {
      await tx.ref(Vault, "v").put(1);
      await gate.pass();
      await tx.ref(Purse, "a").count();
    });
    await rig.advance(5);
    const younger = client.transaction(async (tx) => {
      await tx.ref(client.ref(Purse, "a").with({ idempotencyKey: "order-17" })).put(1);
      await failing.pass();
    });
    await rig.settle();
    gate.open();
    await older;
    failing.open();
    await rig.advance(500);
    await younger;
    expect(keys).toEqual(["order-17", "order-17"]);
  });

  it("P9: of an older version of its class, when a worker with a newer one takes it over, is migrated with what it promised", async () => {
    await client.ref(Purse, "a").put(5);
    const run = watch(
      client.transaction({ timeout: "1m" }, async (tx) => {
        await tx.ref(Purse, "a").put(2);
        await gate.pass();
        return tx.ref(Purse, "a").put(1);
      }),
    );
    await rig.settle();
    rig.world.disconnect("worker");
    await rig.host([NewPurse, Clerk, Vault, ...systemActors], { process: "next", workerId: "next" });
    await rig.advance(20_000);
    gate.open();
    await rig.advance(2_000);
    expect([run.state, run.value]).toEqual(["resolved", 800]);
    expect(await client.ref(NewPurse, "a").count()).toBe(800);
    expect(await client.ref(NewPurse, "a").put(1)).toBe(900);
  });
});

describe("a call that nobody awaits", () => {
  it("P9: in a @Transactional handler has it fail when it is refused, as in the body of a transaction", async () => {
    const paid = watch(client.ref(Clerk, "c").payCarelessly("v"));
    await rig.settle();
    gate.open();
    await rig.advance(1_000);
    expect(paid.error?.message).toContain("the vault is closed");
    expect(await client.ref(Clerk, "c").count()).toBe(0);
  });
});

describe("what a transaction that is over holds", () => {
  it("is free soon, also if only a turn that failed knew of it", async () => {
    await client.ref(Vault, "v").put(1);
    // What the clerk asks of the vault has to wait, and is done when the transaction is over.
    const before = watch(client.ref(Vault, "v").refuseSlowly());
    await rig.settle();
    const run = refusalOf(client.transaction({ timeout: "5m" }, (tx) => tx.ref(Clerk, "c").failAfterCalling("v")));
    await rig.settle();
    failing.open();
    expect((await run).cause).toMatchObject({ message: "no" });
    gate.open();
    await before.end();
    await rig.advance(2_500);
    expect(await heldActors()).toEqual([]);
    expect(await client.ref(Vault, "v").count()).toBe(1);
  });

  it("is free although a turn of it hangs and its caller is dead", async () => {
    void client.transaction({ timeout: "4s" }, (tx) => tx.ref(Purse, "a").hang()).catch(() => {});
    await rig.settle();
    rig.world.disconnect("client");
    const put = watch(other.ref(Purse, "a").put(1));
    await rig.advance(5_500);
    expect(put.value).toBe(1);
  });
});

describe("an operator's erasure", () => {
  it("of an actor that a transaction holds does not keep that from its end", async () => {
    const run = watch(
      client.transaction(async (tx) => {
        await tx.ref(Purse, "a").put(1);
        await gate.pass();
        return tx.ref(Purse, "a").put(1);
      }),
    );
    await rig.settle();
    const erased = watch(worker.actors.erase("Purse/a"));
    await rig.settle();
    expect(erased.state).toBe("pending");
    const behind = watch(other.ref(Purse, "a").count());
    gate.open();
    await rig.advance(100);
    expect([run.value, erased.state, behind.value]).toEqual([2, "resolved", 0]);
  });

  it("and compareAndSet, from the body of the transaction that holds the actor, are deadlocks, refused at once", async () => {
    const [erasing, setting] = await client.transaction(async (tx) => {
      await tx.ref(Purse, "a").put(1);
      return [
        await refusalOf(client.actors.erase("Purse/a")),
        await refusalOf(client.actors.compareAndSet("Purse/a", "none", { coins: 1 })),
      ];
    });
    expect([erasing.code, setting.code]).toEqual(["DEADLOCK", "DEADLOCK"]);
  });
});

describe("transactions that wait for each other", () => {
  it("P9: by way of a plain message between end at once: a reader, a writer behind it, a message of the oldest", async () => {
    // The oldest holds the vault, and will read the purse behind a message of its own process.
    const oldest = watch(
      client.transaction(async (tx) => {
        await tx.ref(Vault, "v").put(1);
        await gate.pass();
        void client.ref(Vault, "w").put(0);
        return tx.ref(Purse, "a").count();
      }),
    );
    await rig.advance(5);
    const second = new Gate();
    let tries = 0;
    const reader = watch(
      other.transaction(async (tx) => {
        tries++;
        await tx.ref(Purse, "a").count();
        await second.pass();
        return tx.ref(Vault, "v").put(1);
      }),
    );
    await rig.advance(5);
    const writer = watch((await rig.host([], { process: "third" })).transaction((tx) => tx.ref(Purse, "a").put(1)));
    await rig.settle();
    const plain = watch(client.ref(Purse, "a").put(10));
    await rig.settle();
    second.open();
    gate.open();
    await rig.advance(1_500);
    expect([oldest.state, reader.state, writer.state, plain.state]).toEqual(Array(4).fill("resolved"));
    expect(tries).toBe(2);
  });
});

it("P9: an erasure that waits for a transaction does not have an older one wait with it", async () => {
  const oldest = watch(
    client.transaction(async (tx) => {
      await tx.ref(Vault, "v").put(1);
      await gate.pass();
      return tx.ref(Purse, "a").count();
    }),
  );
  await rig.advance(5);
  const second = new Gate();
  const reader = watch(
    other.transaction(async (tx) => {
      await tx.ref(Purse, "a").count();
      await second.pass();
      return tx.ref(Vault, "v").put(1);
    }),
  );
  await rig.settle();
  const erased = watch(worker.actors.erase("Purse/a"));
  await rig.settle();
  second.open();
  gate.open();
  await rig.advance(1_000);
  expect([oldest.state, reader.value, erased.state]).toEqual(["resolved", 2, "resolved"]);
});

describe("what a transaction reads", () => {
  it("P9: stays as it was read where one of two queries at once was refused", async () => {
    const body = new Gate();
    const run = watch(
      client.transaction(async (tx) => {
        const read = await tx.ref(Purse, "a").countSlowly();
        await body.pass();
        return [read, await tx.ref(Purse, "a").count()];
      }),
    );
    await rig.settle();
    const partition = rig.published.find(({ frame }) => frame.headers.segments.length > 0)!.to;
    const [query] = rig.messagesTo(partition);
    const late = { ...query!, handler: "count", call: "none", deadline: rig.clock.now() - 60_000 };
    await rig.publish(partition, frameOf({ stream: `${rig.clock.now()}-late`, first: 1, after: 0 }, [late]));
    await rig.settle();
    gate.open();
    await rig.settle();
    const put = watch(other.ref(Purse, "a").put(1));
    await rig.advance(500);
    expect(put.state).toBe("pending");
    body.open();
    await rig.advance(100);
    expect([run.value, put.value]).toEqual([[0, 0], 1]);
  });
});

describe("a @Transactional handler", () => {
  it("P1: that is told with a delay takes effect once, also if its worker dies in it", async () => {
    await client.ref(Clerk, "c").with({ delay: "1s" }).tell.pay("a");
    await rig.advance(1_500);
    await worker.crash("Clerk/c");
    gate.open();
    await rig.advance(5_000);
    expect(await client.ref(Purse, "a").count()).toBe(1);
    expect(await client.ref(Clerk, "c").count()).toBe(1);
  });

  it("P2: that is asked twice under one key answers both, and takes effect once", async () => {
    const clerk = client.ref(Clerk, "c").with({ idempotencyKey: "k" });
    const first = watch(clerk.pay("a"));
    await rig.settle();
    const second = watch(clerk.pay("a"));
    await rig.settle();
    gate.open();
    await rig.advance(100);
    const third = await clerk.pay("a");
    expect([first.value, second.value, third]).toEqual([1, 1, 1]);
    expect(await client.ref(Purse, "a").count()).toBe(1);
  });

  it("P1: that is told, and fails at first, takes effect once", async () => {
    gate.open();
    await client.ref(Clerk, "c").tell.payAtSecondTry("a");
    await rig.advance(3_000);
    expect([chance, await client.ref(Purse, "a").count(), await client.ref(Clerk, "c").count()]).toEqual([2, 1, 1]);
    expect(await rig.deadLetters("Clerk")).toEqual([]);
  });
});

describe("a handler that ends its worker each time", () => {
  it.each(["in a transaction", "that is @Transactional"])(
    "P9: %s is given up, and what it held is free",
    async (how) => {
      await client.ref(Purse, "a").put(1);
      const slow = client.ref(Clerk, "c").with({ timeout: "4m" });
      const run = refusalOf(
        how === "in a transaction"
          ? client.transaction({ timeout: "5m" }, async (tx) => {
              await tx.ref(Purse, "a").put(1);
              await tx.ref(slow).crash();
            })
          : slow.hang(),
      );
      const refusal = watch(run);
      for (let life = 1; life <= 5 && refusal.state === "pending"; life++) {
        await rig.advance(15_000);
        rig.world.disconnect(life === 1 ? "worker" : `worker-${life}`);
        worker = await rig.host(actors, { process: `worker-${life + 1}`, workerId: `worker-${life + 1}` });
      }
      await rig.advance(15_000);
      expect(refusal.state).toBe("resolved");
      expect(await heldActors()).toEqual([]);
      expect(await client.ref(Purse, "a").count()).toBe(1);
    },
  );
});

describe("a turn that runs again after its worker died", () => {
  it("P9: does not add to what its first run called", async () => {
    gate.open();
    const slow = new Gate();
    gate = slow;
    const run = watch(client.transaction({ timeout: "1m" }, (tx) => tx.ref(Clerk, "c").putByChance("a")));
    await rig.settle();
    expect(chance).toBe(1);
    await worker.crash("Clerk/c");
    await rig.advance(500);
    slow.open();
    await rig.advance(5_000);
    expect(run.value).toBe(chance);
    expect(await client.ref(Purse, "a").count()).toBe(chance);
  });
});

describe("bounds of transactions", () => {
  it("P12: where too many actors of a partition are held, the next is refused", async () => {
    rig = new Rig();
    await rig.host(actors, { process: "worker", workerId: "worker", limits: { maxHeldActors: 2 } });
    client = await rig.host([], { process: "client" });
    const refused = await client.transaction(async (tx) => {
      await tx.ref(Purse, "a").put(1);
      await tx.ref(Purse, "b").put(1);
      const refusal = await refusalOf(tx.ref(Purse, "c").put(1));
      await tx.ref(Purse, "a").put(1);
      return refusal;
    });
    expect(refused).toMatchObject({ code: "OVERLOADED", scope: "partition" });
    const counts = await Promise.all(["a", "b", "c"].map((key) => client.ref(Purse, key).count()));
    expect(counts).toEqual([2, 1, 0]);
  });

  it("P12: a @Transactional handler that calls more than one message can name fails, and leaves nothing", async () => {
    const refusal = watch(client.ref(Clerk, "c").payAll(0, 1_300));
    await rig.advance(3_000);
    expect(refusal.error).toMatchObject({ code: "TOO_LARGE" });
    expect(await client.ref(Vault, `${"x".repeat(200)}0`).count()).toBe(0);
    expect(await client.ref(Clerk, "c").count()).toBe(0);
  });
});

describe("word of a transaction", () => {
  it("P9: that waits with others for an actor to come to life is heard although the actor leaves with the first of them", async () => {
    const run = watch(
      client.transaction({ timeout: "1m" }, async (tx) => {
        await tx.ref(Sleepy, "a").burn();
        await tx.ref(Purse, "b").put(1);
        waking = new Gate();
        await worker.crash("Sleepy/a");
        await gate.pass();
      }),
    );
    await rig.advance(500);
    const { id, until } = (await worker.transactions.list())[0]!;
    gate.open();
    await rig.settle();
    expect(run.state).toBe("resolved");
    const word = { to: "Sleepy/a", kind: "ask", handler: "$commitHere", args: [id, until, ["Sleepy/a"]] } as const;
    const partition = rig.published.find(({ to }) => to.startsWith("Sleepy"))!.to;
    const asked = { ...word, call: "17", replyTo: "nobody" };
    await rig.publish(partition, frameOf({ stream: `${rig.clock.now()}-stranger`, first: 1, after: 0 }, [asked]));
    await rig.settle();
    const answers = () => rig.replies.filter(({ to }) => to === "nobody").length;
    expect(answers()).toBe(0);
    waking!.open();
    await rig.advance(500);
    expect(answers()).toBe(1);
  });

  it("P12: that nobody can decide on is asked for once a second, and keeps nobody else waiting", async () => {
    rig = new Rig();
    await rig.host([Purse], { process: "worker", workerId: "worker" });
    client = await rig.host([], { process: "client" });
    await client.ref(Purse, "a").put(1);
    const partition = rig.published.find(({ process }) => process === "client")!.to;
    const args = ["k:1", rig.clock.now() + 1_000, ["Purse/a"]];
    const word = { to: "Purse/a", kind: "ask", handler: "$commitHere", args, call: "1", replyTo: "nobody" } as const;
    await rig.publish(partition, frameOf({ stream: `${rig.clock.now()}-stranger`, first: 1, after: 0 }, [word]));
    await rig.advance(5_000);
    expect(await client.ref(Purse, "a").put(1)).toBe(2);
    expect(rig.escaped).toEqual([]);
  });

  it("P13: that makes no sense is refused", async () => {
    await client.ref(Purse, "a").put(1);
    const stream = `${rig.clock.now()}-stranger`;
    const partition = rig.published.find(({ process }) => process === "client")!.to;
    const messages = [
      { to: "Purse/a", kind: "tell", handler: "$commit", args: [] },
      { to: "Purse/a", kind: "tell", handler: "$abort", args: [7] },
      { to: "Purse/a", kind: "ask", handler: "$commitHere", args: ["k:1", 5, "all"], call: "1", replyTo: "nobody" },
    ] as const;
    await rig.publish(partition, frameOf({ stream, first: 1, after: 0 }, messages));
    await rig.settle();
    expect(rig.escaped).toEqual([]);
    const letters = await rig.deadLetters("Purse");
    expect(letters.map(({ handler, cause }) => [handler, cause.class])).toEqual([
      ["$commit", "InvalidArgumentsError"],
      ["$abort", "InvalidArgumentsError"],
    ]);
    expect(await client.ref(Purse, "a").put(1)).toBe(2);
  });
});
