import { type Broker, parseReplies, RejectedError, TransactionAbortedError } from "@actor-runtime/core";
import {
  Actor,
  ActorContext,
  Handler,
  inject,
  type LocalSystem,
  type Ports,
  Query,
  State,
  systemActors,
  Transactional,
} from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Gate, Rig, refusalOf, watch } from "./support.js";

let rig: Rig;
let worker: LocalSystem;
let client: LocalSystem;
let other: LocalSystem;
let gate: Gate;
let heard: string[];

@Actor("Account", { partitions: 2 })
class Account {
  private readonly self = inject(ActorContext);
  @State() private balance = 100;

  @Handler() deposit(amount: number): number {
    return (this.balance += amount);
  }
  @Handler() withdraw(amount: number): number {
    if (amount > this.balance) throw new RejectedError("insufficient funds", { code: "INSUFFICIENT_FUNDS" });
    return (this.balance -= amount);
  }
  @Handler() async withdrawSlowly(amount: number): Promise<number> {
    await gate.pass();
    return this.withdraw(amount);
  }
  @Handler() announce(text: string): void {
    this.balance++;
    this.self.ref(Board, "main").tell.post(text);
  }
  @Query() current(): number {
    return this.balance;
  }
  @Handler() close(): void {
    this.self.destroy();
  }
}

@Actor("Board", { partitions: 1 })
class Board {
  @Handler() post(text: string): void {
    heard.push(text);
  }
}

@Actor("Bank", { partitions: 1 })
class Bank {
  private readonly self = inject(ActorContext);
  @State() private transfers = 0;

  @Transactional()
  @Handler()
  async transfer(from: string, to: string, amount: number): Promise<number> {
    await this.self.ref(Account, from).withdraw(amount);
    await this.self.ref(Account, to).deposit(amount);
    return ++this.transfers;
  }
  @Transactional()
  @Handler()
  async transferSlowly(from: string, to: string, amount: number): Promise<number> {
    await this.self.ref(Account, from).withdraw(amount);
    await gate.pass();
    await this.self.ref(Account, to).deposit(amount);
    return ++this.transfers;
  }
  @Transactional("join")
  @Handler()
  inside(): number {
    return this.transfers;
  }
  @Query() count(): number {
    return this.transfers;
  }
}

const actors = [Account, Board, Bank, ...systemActors];

beforeEach(async () => {
  rig = new Rig();
  gate = new Gate();
  heard = [];
  worker = await rig.host(actors, { process: "worker", workerId: "worker" });
  client = await rig.host([], { process: "client", workerId: "client" });
  other = await rig.host([], { process: "other", workerId: "other" });
});

const balance = (key: string) => client.ref(Account, key).current();

/** Nobody is held, and no coordinator remembers anything. */
async function expectNothingLeft(afterMs = 3_000): Promise<void> {
  await rig.advance(afterMs);
  const states: string[] = [];
  for await (const { address } of worker.actors.list("$Transaction")) states.push(address);
  expect(states).toEqual([]);
  expect(rig.escaped).toEqual([]);
}

async function transfer(system: LocalSystem, from: string, to: string, amount: number): Promise<void> {
  await system.transaction(async (tx) => {
    await tx.ref(Account, from).withdraw(amount);
    await tx.ref(Account, to).deposit(amount);
  });
}

describe("actors in a transaction", () => {
  it("P9: change together", async () => {
    await transfer(client, "alice", "bob", 30);
    expect([await balance("alice"), await balance("bob")]).toEqual([70, 130]);
    await expectNothingLeft();
  });

  it("P9: do not change when one of them refuses", async () => {
    const refusal = await refusalOf(
      transfer(client, "alice", "bob", 30).then(() => transfer(client, "bob", "alice", 500)),
    );
    expect(refusal).toBeInstanceOf(TransactionAbortedError);
    expect(refusal).toMatchObject({ reason: "rejected", cause: { code: "INSUFFICIENT_FUNDS" } });
    expect([await balance("alice"), await balance("bob")]).toEqual([70, 130]);
    await expectNothingLeft();
  });

  it("P9: show nothing of it to others before it commits", async () => {
    const run = client.transaction(async (tx) => {
      await tx.ref(Account, "alice").withdraw(30);
      await gate.pass();
      return tx.ref(Account, "alice").current();
    });
    await rig.settle();
    const read = watch(other.ref(Account, "alice").current());
    const changed = watch(other.ref(Account, "alice").deposit(1));
    await rig.advance(500);
    expect([read.state, changed.state]).toEqual(["pending", "pending"]);
    gate.open();
    expect(await run).toBe(70);
    await rig.settle();
    expect([read.value, changed.value]).toEqual([70, 71]);
    await expectNothingLeft();
  });

  it("P9: tell others only when it commits", async () => {
    await client.transaction(async (tx) => {
      await tx.ref(Account, "alice").announce("yes");
      await tx.ref(Account, "bob").announce("yes");
      expect(heard).toEqual([]);
    });
    const failing = client.transaction(async (tx) => {
      await tx.ref(Account, "alice").announce("no");
      throw new Error("changed my mind");
    });
    await refusalOf(failing);
    await rig.settle();
    expect(heard).toEqual(["yes", "yes"]);
    await expectNothingLeft();
  });

  it("that wait for each other: the younger gives way at once and is tried again", async () => {
    const before = rig.clock.monotonic();
    let attempts = 0;
    const first = client.transaction(async (tx) => {
      await tx.ref(Account, "alice").withdraw(10);
      await gate.pass();
      await tx.ref(Account, "bob").deposit(10);
    });
    await rig.advance(5);
    const second = other.transaction(async (tx) => {
      attempts++;
      await tx.ref(Account, "bob").withdraw(20);
      await tx.ref(Account, "alice").deposit(20);
    });
    await rig.settle();
    gate.open();
    await rig.advance(500);
    await Promise.all([first, second]);
    expect(attempts).toBe(2);
    expect(rig.clock.monotonic() - before).toBeLessThan(1_000);
    expect([await balance("alice"), await balance("bob")]).toEqual([110, 90]);
    await expectNothingLeft(80_000);
  });

  it("outlive their worker: what was promised before it died commits after", async () => {
    let done = false;
    const run = client.transaction(async (tx) => {
      await tx.ref(Account, "alice").withdraw(30);
      await tx.ref(Account, "bob").deposit(10);
      if (!done) {
        done = true;
        await worker.crash("Account/alice");
        await worker.crash("Account/bob");
      }
      await tx.ref(Account, "bob").deposit(20);
      expect(await tx.ref(Account, "bob").current()).toBe(130);
    });
    await rig.advance(2_000);
    await run;
    expect([await balance("alice"), await balance("bob")]).toEqual([70, 130]);
    await expectNothingLeft();
  });

  it("whose caller died are free when its time is over", async () => {
    void client
      .transaction({ timeout: "4s" }, async (tx) => {
        await tx.ref(Account, "alice").withdraw(30);
        await gate.pass();
      })
      .catch(() => {});
    await rig.settle();
    rig.world.disconnect("client");
    const read = watch(other.ref(Account, "alice").current());
    await rig.advance(3_500);
    expect(read.state).toBe("pending");
    await rig.advance(2_000);
    expect(read.value).toBe(100);
  });

  it("that are destroyed in it are gone when it commits, and not before", async () => {
    const refused = client.transaction(async (tx) => {
      await tx.ref(Account, "alice").withdraw(5);
      await tx.ref(Account, "alice").close();
      throw new Error("no");
    });
    await refusalOf(refused);
    expect(await balance("alice")).toBe(100);
    await client.ref(Account, "alice").deposit(5);
    await client.transaction((tx) => tx.ref(Account, "alice").close());
    await rig.settle();
    expect(await balance("alice")).toBe(100);
    expect(await worker.actors.read("Account/alice")).toBeUndefined();
  });

  it("read together while nobody writes", async () => {
    const one = client.transaction(async (tx) => {
      const before = await tx.ref(Account, "alice").current();
      await gate.pass();
      return [before, await tx.ref(Account, "alice").current()];
    });
    await rig.settle();
    const two = watch(other.transaction((tx) => tx.ref(Account, "alice").current()));
    const plain = watch(other.ref(Account, "alice").current());
    const write = watch(other.ref(Account, "alice").deposit(1));
    await rig.settle();
    expect([two.value, plain.value, write.state]).toEqual([100, 100, "pending"]);
    gate.open();
    expect(await one).toEqual([100, 100]);
    await rig.settle();
    expect(write.value).toBe(101);
    await expectNothingLeft();
  });
});

it("P9: an actor that gave way and was taken anew does not commit without what the transaction did to it before", async () => {
  rig = new Rig();
  gate = new Gate();
  // Nobody hears that he gave way but by an answer of his own.
  const deaf = (ports: Ports): Ports => {
    const reply = (to: string, body: Uint8Array) => {
      const heardOf = parseReplies(body).some(({ call }) => call === "");
      if (!heardOf) ports.broker.reply(to, body);
    };
    const broker: Broker = Object.assign(Object.create(ports.broker) as Broker, { reply });
    return { ...ports, broker };
  };
  await rig.host(actors, { process: "worker", workerId: "worker", ports: deaf });
  client = await rig.host([], { process: "client" });
  other = await rig.host([], { process: "other" });
  const older = other.transaction(async (tx) => {
    await tx.ref(Account, "carol").deposit(1);
    await gate.pass();
    await tx.ref(Account, "alice").deposit(1);
  });
  await rig.advance(5);
  const second = new Gate();
  let attempts = 0;
  const younger = client.transaction(async (tx) => {
    attempts++;
    await tx.ref(Account, "alice").withdraw(10);
    if (attempts === 1) await second.pass();
    await tx.ref(Account, "alice").withdraw(20);
  });
  await rig.settle();
  gate.open();
  await older;
  second.open();
  await rig.advance(500);
  await younger;
  expect(attempts).toBe(2);
  expect(await balance("alice")).toBe(71);
});

describe("@Transactional handlers", () => {
  it("P9: change the actor and all it called together", async () => {
    expect(await client.ref(Bank, "b").transfer("alice", "bob", 30)).toBe(1);
    expect([await balance("alice"), await balance("bob")]).toEqual([70, 130]);
    expect(await client.ref(Bank, "b").count()).toBe(1);
    await expectNothingLeft();
  });

  it("P9: leave nothing when one of those called refuses", async () => {
    expect(await refusalOf(client.ref(Bank, "b").transfer("alice", "bob", 300))).toMatchObject({
      code: "INSUFFICIENT_FUNDS",
    });
    expect([await balance("alice"), await balance("bob")]).toEqual([100, 100]);
    expect(await client.ref(Bank, "b").count()).toBe(0);
    await expectNothingLeft();
  });

  it("join the transaction they are called in", async () => {
    const failing = client.transaction(async (tx) => {
      expect(await tx.ref(Bank, "b").transfer("alice", "bob", 30)).toBe(1);
      expect(await tx.ref(Bank, "b").inside()).toBe(1);
      throw new Error("no");
    });
    await refusalOf(failing);
    expect([await balance("alice"), await balance("bob"), await client.ref(Bank, "b").count()]).toEqual([100, 100, 0]);
    expect(await refusalOf(client.ref(Bank, "b").inside())).toMatchObject({ code: "UNSUPPORTED" });
    await expectNothingLeft();
  });

  it("run again at the next owner, and what their first run called is taken back", async () => {
    const run = watch(client.ref(Bank, "b").transferSlowly("alice", "bob", 30));
    await rig.settle();
    await worker.crash("Bank/b");
    await rig.advance(500);
    gate.open();
    await rig.advance(4_000);
    expect(run.value).toBe(1);
    expect([await balance("alice"), await balance("bob")]).toEqual([70, 130]);
    await expectNothingLeft(80_000);
  });

  it("take effect once when told", async () => {
    await client.ref(Bank, "b").tell.transfer("alice", "bob", 30);
    await rig.advance(100);
    expect([await balance("alice"), await balance("bob"), await client.ref(Bank, "b").count()]).toEqual([70, 130, 1]);
    await expectNothingLeft();
  });

  it("that wait for each other get on", async () => {
    const runs = ["a", "b", "c", "d"].map((bank, n) =>
      client.ref(Bank, bank).transfer(n % 2 ? "alice" : "bob", n % 2 ? "bob" : "alice", 1),
    );
    await rig.advance(3_000);
    expect(await Promise.all(runs)).toEqual([1, 1, 1, 1]);
    expect([await balance("alice"), await balance("bob")]).toEqual([100, 100]);
    await expectNothingLeft(80_000);
  });
});

it("P8: messages behind an actor in a transaction are stored, and others of its partition go on", async () => {
  const run = client.transaction(async (tx) => {
    await tx.ref(Account, "alice").withdraw(1);
    await gate.pass();
  });
  await rig.settle();
  const waiting = Array.from({ length: 50 }, (_, n) => watch(other.ref(Account, "alice").deposit(n)));
  const free = await other.ref(Account, "carol").deposit(1);
  expect(free).toBe(101);
  gate.open();
  await run;
  await rig.settle();
  expect(waiting.every(({ state }) => state === "resolved")).toBe(true);
});
