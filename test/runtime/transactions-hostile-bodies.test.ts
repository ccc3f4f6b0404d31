import { ConflictError, TooLargeError, type TransactionAbortedError, TurnTimeoutError } from "@actor-runtime/core";
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
import { Gate, Rig, refusalOf, watch } from "./support.js";

let rig: Rig;
let worker: LocalSystem;
let client: LocalSystem;
let gate: Gate;
/** Whether `Fragile` cannot come to life. */
let broken: boolean;
/** Whether every turn of `Fragile` fails. */
let failing: boolean;

@Actor("Account", { partitions: 4 })
class Account {
  private readonly self = inject(ActorContext);
  @State() private balance = 0;
  @State() private note = "";

  @Handler() deposit(amount: number): number {
    return (this.balance += amount);
  }

  @Handler({ timeout: "1s" }) async depositSlowly(amount: number): Promise<number> {
    await gate.pass();
    return this.deposit(amount);
  }

  @Handler() write(bytes: number): void {
    this.note = "x".repeat(bytes);
  }

  @Transactional()
  @Handler()
  async payTo(other: string, amount: number): Promise<void> {
    await this.self.ref(Account, other).deposit(amount);
    this.balance -= amount;
  }

  @Handler() close(): void {
    this.self.destroy();
  }

  @Query() current(): number {
    return this.balance;
  }
}

@Actor("Fragile", { partitions: 2 })
class Fragile {
  @State() private count = 0;

  constructor() {
    if (broken) throw new Error("broken");
  }

  @Handler() add(): number {
    if (failing) throw new Error("failing");
    return ++this.count;
  }
}

/** Shares its mailbox, and so perhaps its partition, with the next. */
@Actor("Left", { partitions: 3, mailbox: "shared" })
class Left {
  @State() private count = 0;

  @Handler() add(): number {
    return ++this.count;
  }
}

@Actor("Right", { partitions: 3, mailbox: "shared" })
class Right {
  @State() private count = 0;

  @Handler() add(): number {
    return ++this.count;
  }
}

const actors = [Account, Fragile, Left, Right, ...systemActors];

beforeEach(async () => {
  rig = new Rig();
  gate = new Gate();
  broken = false;
  failing = false;
  worker = await rig.host(actors, { process: "worker", workerId: "worker" });
  client = await rig.host([], { process: "client", workerId: "client" });
});

/** One deposit on each of these, and between the first and the others whatever a test does. */
function deposits([first, ...others]: readonly string[], between: () => unknown = () => {}): Promise<unknown> {
  return client.transaction({ timeout: "20s" }, async (tx) => {
    await tx.ref(Account, first!).deposit(1);
    await between();
    for (const key of others) await tx.ref(Account, key).deposit(1);
  });
}

/** Workers hear of it within about a second. */
async function pause(address: string): Promise<void> {
  await worker.actors.pause(address);
  await rig.advance(1_500);
}

const balances = (...keys: readonly string[]) => Promise.all(keys.map((key) => client.ref(Account, key).current()));

async function heldActors(): Promise<readonly unknown[]> {
  return (await client.transactions.list()).flatMap(({ held }) => held);
}

async function causeOf(transaction: Promise<unknown>): Promise<unknown> {
  const aborted = (await refusalOf(transaction)) as TransactionAbortedError;
  expect(aborted).toMatchObject({ name: "TransactionAbortedError", reason: "rejected" });
  return aborted.cause;
}

describe("a participant", () => {
  it("P9: whose type is paused in between waits, and the transaction commits when it goes on", async () => {
    const transfer = watch(deposits(["a", "b"], () => pause("Account/b")));
    await rig.advance(3_000);
    expect(transfer.state).toBe("pending");
    await worker.actors.resume("Account/b");
    await rig.advance(2_000);
    expect(transfer.state).toBe("resolved");
    expect(await balances("a", "b")).toEqual([1, 1]);
  });

  it("P9: that is paused after it answered commits all the same: nothing of it runs for that", async () => {
    await deposits(["a", "b"], () => pause("Account/a"));
    await rig.settle();
    expect(await heldActors()).toEqual([]);
    expect(await client.actors.read("Account/a")).toMatchObject({ balance: 1 });
  });

  it("P9: that is paused for longer than the transaction may last keeps nobody else", async () => {
    const transfer = watch(deposits(["a", "b"], () => pause("Account/b")));
    await rig.advance(21_000);
    expect(transfer.error).toMatchObject({ name: "TransactionAbortedError", reason: "deadline" });
    await rig.advance(1_500);
    expect(await balances("a")).toEqual([0]);
    await worker.actors.resume("Account/b");
    await rig.advance(2_000);
    expect(await balances("b")).toEqual([0]);
    expect(await heldActors()).toEqual([]);
  });

  it("P9: whose type is braked in between fails the transaction at its end at the latest, and nothing is left", async () => {
    failing = true;
    const transfer = watch(
      client.transaction({ timeout: "3s" }, async (tx) => {
        await tx.ref(Account, "a").deposit(1);
        await Promise.allSettled(Array.from({ length: 60 }, (_, n) => client.ref(Fragile, `${n}`).add()));
        await tx.ref(Fragile, "late").add();
      }),
    );
    await rig.advance(5_000);
    expect(worker.describe().types.find(({ name }) => name === "Fragile")).toMatchObject({ braked: true });
    expect(transfer.error).toMatchObject({ name: "TransactionAbortedError" });
    await rig.advance(2_000);
    expect(await balances("a")).toEqual([0]);
    expect(await heldActors()).toEqual([]);
  });

  it("P9: that cannot come to life is the cause, and nothing is left of the others", async () => {
    broken = true;
    const cause = await causeOf(
      client.transaction(async (tx) => {
        await tx.ref(Account, "a").deposit(1);
        await tx.ref(Fragile, "f").add();
      }),
    );
    expect(cause).toMatchObject({ message: expect.stringContaining("broken") });
    expect(await balances("a")).toEqual([0]);
  });

  it("P12: whose state becomes too large is the cause, and nothing is left of the others", async () => {
    const cause = await causeOf(
      client.transaction(async (tx) => {
        await tx.ref(Account, "a").deposit(1);
        await tx.ref(Account, "b").write(2 * 1024 * 1024);
      }),
    );
    expect(cause).toBeInstanceOf(TooLargeError);
    expect(await balances("a", "b")).toEqual([0, 0]);
    expect(await heldActors()).toEqual([]);
  });

  it("P9: whose handler runs out of its own time is the cause, and nothing is left of the others", async () => {
    const transfer = watch(
      client.transaction(async (tx) => {
        await tx.ref(Account, "a").deposit(1);
        await tx.ref(Account, "b").depositSlowly(1);
      }),
    );
    await rig.advance(1_500);
    expect(transfer.error).toMatchObject({ name: "TransactionAbortedError", reason: "rejected" });
    expect(transfer.error!.cause).toBeInstanceOf(TurnTimeoutError);
    gate.open();
    await rig.advance(1_500);
    expect(await balances("a", "b")).toEqual([0, 0]);
    expect(await heldActors()).toEqual([]);
  });

  it("P9: that ends itself is gone with the commit, and begins anew with the next message", async () => {
    await client.ref(Account, "a").deposit(5);
    await client.transaction(async (tx) => {
      await tx.ref(Account, "a").close();
      await tx.ref(Account, "b").deposit(5);
    });
    await rig.settle();
    expect(await client.actors.read("Account/a")).toBeUndefined();
    expect(await balances("a", "b")).toEqual([0, 5]);
  });

  it("P9: that ends itself stays as it was when the transaction is given up", async () => {
    await client.ref(Account, "a").deposit(5);
    await causeOf(
      client.transaction(async (tx) => {
        await tx.ref(Account, "a").close();
        throw new Error("not yet");
      }),
    );
    expect(await balances("a")).toEqual([5]);
  });

  it("P9: that ended itself in a transaction is a new one for what comes after in it", async () => {
    await client.ref(Account, "a").deposit(5);
    const sum = await client.transaction(async (tx) => {
      await tx.ref(Account, "a").close();
      return tx.ref(Account, "a").deposit(1);
    });
    expect(sum).toBe(1);
    expect(await balances("a")).toEqual([1]);
  });
});

describe("an actor that a transaction holds", () => {
  it("P9: is set from outside only afterwards, and not over what the transaction did", async () => {
    const { version } = await client.actors.load("Account/a");
    const transfer = watch(deposits(["a", "b"], () => gate.pass()));
    await rig.settle();
    const set = watch(client.actors.compareAndSet("Account/a", version, { balance: 100, note: "" }));
    await rig.advance(1_000);
    expect(set.state).toBe("pending");
    gate.open();
    await transfer.end();
    await rig.settle();
    expect(set.error).toBeInstanceOf(ConflictError);
    expect(await balances("a", "b")).toEqual([1, 1]);
  });

  it("P9: is erased only afterwards: a commit is of all or of none", async () => {
    const transfer = watch(deposits(["a", "b"], () => gate.pass()));
    await rig.settle();
    const erased = watch(client.actors.erase("Account/a"));
    await rig.advance(1_000);
    expect(erased.state).toBe("pending");
    gate.open();
    await transfer.end();
    await rig.advance(1_000);
    expect(erased.state).toBe("resolved");
    expect(await balances("a", "b")).toEqual([0, 1]);
  });

  it("P9: is still held after its worker was drained, and commits at the next one", async () => {
    const drained = deposits(["a", "b", "c", "d"], async () => {
      await rig.host(actors, { process: "worker-2", workerId: "worker-2" });
      const closing = worker.close();
      await rig.advance(10_000);
      await closing;
    });
    const transfer = watch(drained);
    await rig.advance(15_000);
    expect(transfer.state).toBe("resolved");
    expect(await balances("a", "b", "c", "d")).toEqual([1, 1, 1, 1]);
    expect(await heldActors()).toEqual([]);
  });
});

it("P9: a turn that gave way does not hold whom it had called: its call still waited there, and held it for a second", async () => {
  let payment = watch(Promise.resolve());
  await deposits(["b", "a"], async () => {
    payment = watch(client.ref(Account, "a").payTo("b", 1));
    await rig.settle();
  });
  await rig.advance(500);
  expect(payment.state).toBe("resolved");
  expect(await balances("a", "b")).toEqual([0, 2]);
});

describe("a transaction of many", () => {
  it("P9: 200 participants commits on all of them", async () => {
    const keys = Array.from({ length: 200 }, (_, n) => `account-${n}`);
    await client.transaction((tx) => Promise.all(keys.map((key) => tx.ref(Account, key).deposit(1))));
    expect(await balances(...keys)).toEqual(keys.map(() => 1));
    await rig.advance(1_000);
    expect(await client.transactions.list()).toEqual([]);
  });

  it("P9: 200 participants of which the last refuses leaves nothing on any", async () => {
    failing = true;
    const keys = Array.from({ length: 200 }, (_, n) => `account-${n}`);
    await causeOf(
      client.transaction(async (tx) => {
        await Promise.all(keys.map((key) => tx.ref(Account, key).deposit(1)));
        await tx.ref(Fragile, "f").add();
      }),
    );
    expect(await balances(...keys)).toEqual(keys.map(() => 0));
    expect(await heldActors()).toEqual([]);
  });

  it("P9: types and mailboxes commits on all of them", async () => {
    const add = () =>
      client.transaction((tx) =>
        Promise.all([
          tx.ref(Account, "x").deposit(1),
          tx.ref(Fragile, "x").add(),
          tx.ref(Left, "x").add(),
          tx.ref(Right, "x").add(),
        ]),
      );
    expect(await add()).toEqual([1, 1, 1, 1]);
    expect(await add()).toEqual([2, 2, 2, 2]);
  });
});
