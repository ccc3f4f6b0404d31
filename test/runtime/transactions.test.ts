import {
  ClosedError,
  ConfigError,
  DeadlockError,
  LockLostError,
  parseMessages,
  RejectedError,
  TransactionAbortedError,
  TransactionInDoubtError,
  TurnEndedError,
} from "@actor-runtime/core";
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
  type Transaction,
} from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Gate, Rig, refusalOf, watch } from "./support.js";

/** Handlers named in it wait before they answer. */
let gates: Map<string, Gate>;
/** Whom an account pays that asks who is next. */
let payees: string[];

@Actor("Account")
class Account {
  private readonly self = inject(ActorContext);
  @State() private balance = 0;

  @Handler() async deposit(amount: number): Promise<number> {
    this.balance += amount;
    await gates.get(this.self.key)?.pass();
    return this.balance;
  }
  @Handler() withdraw(amount: number): number {
    if (amount > this.balance) throw new RejectedError("insufficient funds", { code: "INSUFFICIENT_FUNDS" });
    this.balance -= amount;
    return this.balance;
  }
  @Handler() async payTo(other: string, amount: number): Promise<void> {
    this.withdraw(amount);
    await this.self.ref(Account, other).deposit(amount);
  }
  @Handler() async payNext(amount: number): Promise<void> {
    this.withdraw(amount);
    await this.self.ref(Account, payees.shift()!).deposit(amount);
    await gates.get(this.self.key)?.pass();
  }
  @Handler() note(line: string): void {
    this.self.ref(Journal, "journal").tell.add(line);
  }
  @Query() current(): number {
    return this.balance;
  }
}

@Actor("Journal", { partitions: 1 })
class Journal {
  @State() private lines: string[] = [];
  @Handler() add(line: string): void {
    this.lines.push(line);
  }
  @Query() all(): string[] {
    return this.lines;
  }
}

/** In a mailbox of one partition, so that any two of them are together. */
@Actor("Purse", { partitions: 1 })
class Purse {
  @State() private coins = 0;
  @Handler() put(coins: number): number {
    return (this.coins += coins);
  }
  @Query() count(): number {
    return this.coins;
  }
}

let rig: Rig;
let worker: LocalSystem;
let client: LocalSystem;

beforeEach(async () => {
  gates = new Map();
  rig = new Rig();
  worker = await rig.host([Account, Journal, Purse, ...systemActors], { process: "worker", workerId: "worker" });
  client = await rig.host([], { process: "client", workerId: "client" });
  await client.ref(Account, "alice").deposit(100);
  await client.ref(Account, "bob").deposit(100);
});

/** Reads past every transaction: what plain callers see. */
async function balances(...keys: string[]): Promise<number[]> {
  return Promise.all(keys.map((key) => client.ref(Account, key).current()));
}

function transfer(from: string, to: string, amount: number) {
  return async (tx: Transaction): Promise<number> => {
    await tx.ref(Account, from).withdraw(amount);
    return tx.ref(Account, to).deposit(amount);
  };
}

/** No actor is held and no coordinator remembers anything. */
async function nothingIsLeft(): Promise<void> {
  await rig.settle();
  await rig.advance(15 * 60_000);
  const records: string[] = [];
  for await (const { address } of client.actors.list("$Transaction")) records.push(address);
  expect(records).toEqual([]);
}

describe("a transaction", () => {
  it("P9: commits on all actors it called", async () => {
    expect(await client.transaction(transfer("alice", "bob", 30))).toBe(130);
    expect(await balances("alice", "bob")).toEqual([70, 130]);
    await nothingIsLeft();
  });

  it("P9: leaves nothing on the first actor when the second refuses", async () => {
    const error = await refusalOf(
      client
        .transaction(transfer("alice", "carol", 30))
        .then(() => {
          throw new Error("unreachable");
        })
        .catch(() =>
          client.transaction(async (tx) => {
            await tx.ref(Account, "bob").deposit(50);
            await tx.ref(Account, "alice").withdraw(1_000);
          }),
        ),
    );
    expect(error).toBeInstanceOf(TransactionAbortedError);
    expect(error).toMatchObject({ reason: "rejected", effect: "none", retryable: false });
    expect(error.message).toContain("insufficient funds");
    expect(error.cause).toBeInstanceOf(RejectedError);
    expect(error.cause).toMatchObject({ code: "INSUFFICIENT_FUNDS" });
    expect(await balances("alice", "bob", "carol")).toEqual([70, 100, 30]);
    await nothingIsLeft();
  });

  it("P9: is invisible to everybody else until it commits", async () => {
    const gate = new Gate();
    const committed = watch(
      client.transaction(async (tx) => {
        await transfer("alice", "bob", 30)(tx);
        await gate.pass();
      }),
    );
    await rig.settle();
    const seen = watch(balances("alice", "bob"));
    const paid = watch(client.ref(Account, "bob").withdraw(130));
    await rig.settle();
    expect([seen.state, paid.state, committed.state]).toEqual(["pending", "pending", "pending"]);
    gate.open();
    await committed.end();
    expect((await paid.end()).value).toBe(0);
    expect((await seen.end()).value).toEqual([70, expect.any(Number)]);
  });

  it("P9: holds what it reads, so that it is the same until it commits", async () => {
    const gate = new Gate();
    const sum = watch(
      client.transaction(async (tx) => {
        const alice = await tx.ref(Account, "alice").current();
        await gate.pass();
        return alice + (await tx.ref(Account, "bob").current());
      }),
    );
    await rig.settle();
    expect(await balances("alice")).toEqual([100]);
    await rig.advance(5);
    const moved = watch(client.transaction(transfer("alice", "bob", 30)));
    await rig.settle();
    expect(moved.state).toBe("pending");
    gate.open();
    expect((await sum.end()).value).toBe(200);
    expect((await moved.end()).state).toBe("resolved");
    await nothingIsLeft();
  });

  it("sees its own changes, and answers of several calls to one actor", async () => {
    const seen = await client.transaction(async (tx) => {
      const alice = tx.ref(Account, "alice");
      return [await alice.withdraw(10), await alice.current(), await alice.deposit(5), await alice.current()];
    });
    expect(seen).toEqual([90, 90, 95, 95]);
  });

  it("takes in the actors that its actors ask", async () => {
    const error = await refusalOf(
      client.transaction(async (tx) => {
        await tx.ref(Account, "alice").payTo("carol", 40);
        throw new Error("changed my mind");
      }),
    );
    expect(error.message).toContain("changed my mind");
    expect(await balances("alice", "carol")).toEqual([100, 0]);
    await client.transaction((tx) => tx.ref(Account, "alice").payTo("carol", 40));
    expect(await balances("alice", "carol")).toEqual([60, 40]);
    await nothingIsLeft();
  });

  it("P4: sends what its actors tell with its commit, or not at all", async () => {
    const journal = client.ref(Journal, "journal");
    const note = (line: string, fails: boolean) =>
      client.transaction(async (tx) => {
        await tx.ref(Account, "alice").note(line);
        if (fails) throw new RejectedError("no");
      });
    await refusalOf(note("never", true));
    await note("once", false);
    await rig.settle();
    expect(await journal.all()).toEqual(["once"]);
  });

  it("commits with one ask where all its actors are in one partition, and no coordinator hears of it", async () => {
    const before = rig.published.length;
    await client.transaction(async (tx) => {
      await tx.ref(Purse, "red").put(1);
      await tx.ref(Purse, "blue").put(2);
    });
    await rig.settle();
    const asked = rig.published.slice(before).filter(({ process }) => process === "client");
    expect(asked).toHaveLength(3);
    expect(rig.messagesTo(asked[2]!.to).at(-1)).toMatchObject({ handler: "$commitHere" });
    expect([await client.ref(Purse, "red").count(), await client.ref(Purse, "blue").count()]).toEqual([1, 2]);
  });

  it("that calls nobody just runs its body", async () => {
    const before = rig.published.length;
    expect(await client.transaction(() => "done")).toBe("done");
    expect(rig.published).toHaveLength(before);
  });

  it("waits for calls that its body did not await, and is aborted when one fails", async () => {
    await client.transaction(async (tx) => {
      void tx.ref(Account, "alice").withdraw(10);
      void tx.ref(Account, "bob").deposit(10);
    });
    expect(await balances("alice", "bob")).toEqual([90, 110]);
    const error = await refusalOf(
      client.transaction(async (tx) => {
        void tx.ref(Account, "alice").withdraw(1_000);
        void tx.ref(Account, "bob").deposit(1_000);
      }),
    );
    expect(error).toMatchObject({ reason: "rejected" });
    expect(await balances("alice", "bob")).toEqual([90, 110]);
    await nothingIsLeft();
  });

  it("goes on when its body takes a refusal for an answer", async () => {
    const left = await client.transaction(async (tx) => {
      await tx
        .ref(Account, "alice")
        .withdraw(1_000)
        .catch(() => undefined);
      return tx.ref(Account, "alice").withdraw(100);
    });
    expect(left).toBe(0);
    await nothingIsLeft();
  });

  it("takes references, names and classes, and the options of a reference", async () => {
    const alice = client.ref(Account, "alice");
    await client.transaction(async (tx) => {
      expect(tx.ref(alice).address).toBe("Account/alice");
      await tx.ref(alice.with({ timeout: "2s", headers: { why: "rent" } })).withdraw(1);
      await tx.ref<Account>("Account", "bob").deposit(1);
    });
    expect(await balances("alice", "bob")).toEqual([99, 101]);
    const error = await refusalOf(client.transaction((tx) => tx.ref({} as never)));
    expect(error.cause).toBeInstanceOf(ConfigError);
    expect(error.message).toContain("give it a class and a key, or a reference");
  });

  it("refuses tells, which would leave before it commits", async () => {
    const error = await refusalOf(
      client.transaction((tx) => (tx.ref(Account, "alice") as unknown as { tell: Account }).tell.deposit(1)),
    );
    expect(error.message).toContain("in a transaction everything is asked");
    expect(await balances("alice")).toEqual([100]);
  });

  it("makes no call any more when it has ended", async () => {
    let kept: Transaction | undefined;
    await client.transaction(async (tx) => {
      kept = tx;
      await tx.ref(Account, "alice").withdraw(1);
    });
    expect(await refusalOf(kept!.ref(Account, "alice").withdraw(1))).toBeInstanceOf(TurnEndedError);
    expect(await balances("alice")).toEqual([99]);
  });

  it.each<[unknown, string]>([
    [{ timeout: 0 }, "timeout: 0 must be more than 0"],
    [{ timeout: "6m" }, "timeout: 360000 ms is more than 5 min"],
    [{ timeout: "soon" }, 'timeout: "soon" is no duration'],
    [{ idempotencyKey: "" }, "idempotencyKey: must be a string of 1 to 256 characters"],
    [{ idempotencyKey: "k".repeat(257) }, "idempotencyKey: must be a string of 1 to 256 characters"],
    [null, "transaction: the options must be an object"],
  ])("refuses the options %j and names the field", async (options, message) => {
    const error = await refusalOf(client.transaction(options as never, () => undefined));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain(message);
  });

  it("needs a function to run", async () => {
    expect((await refusalOf(client.transaction("transfer" as never))).message).toContain("give it a function");
  });

  it("does not begin once its system is closed", async () => {
    const closed = client.close();
    await rig.settle();
    await closed;
    expect(await refusalOf(client.transaction(() => 1))).toBeInstanceOf(ClosedError);
  });
});

describe("a transaction whose system is closed while it runs", () => {
  it("P9: kept its actors from everybody until its time was over: it is given up, and they are free at once", async () => {
    const other = await rig.host([], { process: "other", workerId: "other" });
    let reason: unknown;
    const running = watch(
      client.transaction(async (tx) => {
        tx.signal.addEventListener("abort", () => (reason = tx.signal.reason));
        await tx.ref(Account, "alice").withdraw(10);
        await tx.ref(Account, "bob").deposit(10);
        await new Promise(() => {});
      }),
    );
    await rig.settle();
    await client.close();
    await rig.settle();
    expect(running.error).toBeInstanceOf(TransactionAbortedError);
    expect(running.error).toMatchObject({ reason: "rejected", cause: { code: "CLOSED" } });
    expect(reason).toBe(running.error);
    const free = watch(Promise.all(["alice", "bob"].map((key) => other.ref(Account, key).current())));
    await rig.settle();
    expect(free.value).toEqual([100, 100]);
  });

  it("that is no worker does not wait for those that hang in a call", async () => {
    gates.set("alice", new Gate());
    const running = watch(client.transaction((tx) => tx.ref(Account, "alice").deposit(10)));
    await rig.settle();
    await client.close();
    await running.end();
    expect(running.error).toMatchObject({ reason: "rejected", cause: { code: "CLOSED" } });
    gates.get("alice")!.open();
    await rig.advance(12_000);
    const other = await rig.host([], { process: "other", workerId: "other" });
    expect(await other.ref(Account, "alice").current()).toBe(100);
  });
});

describe("transactions that want the same actors", () => {
  it("P9: resolve a deadlock within milliseconds: the older goes on, the younger runs again", async () => {
    const [both, gate] = [new Gate(), new Gate()];
    const attempts: number[] = [];
    const cross = (from: string, to: string) => async (tx: Transaction) => {
      attempts.push(tx.attempt);
      await tx.ref(Account, from).withdraw(10);
      if (tx.attempt === 1) {
        if (both.arrivals === 1) gate.open();
        void both.pass();
        await gate.pass();
      }
      await tx.ref(Account, to).deposit(10);
    };
    const began = rig.clock.monotonic();
    const one = watch(client.transaction(cross("alice", "bob")));
    await rig.advance(5);
    const two = watch(client.transaction(cross("bob", "alice")));
    await rig.advance(100);
    await one.end();
    await two.end();
    expect([one.error, two.error]).toEqual([undefined, undefined]);
    expect(attempts).toEqual([1, 1, 2]);
    expect(rig.clock.monotonic() - began).toBeLessThan(200);
    expect(await balances("alice", "bob")).toEqual([100, 100]);
    await nothingIsLeft();
  });

  it("tell the one that gives way at once, by its signal and with the other's id", async () => {
    const gate = new Gate();
    const late = new Gate();
    let reason: unknown;
    const older = watch(
      client.transaction(async (tx) => {
        await tx.ref(Account, "alice").withdraw(1);
        await late.pass();
        await tx.ref(Account, "bob").deposit(1);
      }),
    );
    await rig.advance(5);
    const younger = watch(
      client.transaction(async (tx) => {
        if (tx.attempt > 1) return tx.attempt;
        await tx.ref(Account, "bob").withdraw(1);
        tx.signal.addEventListener("abort", () => gate.open());
        await gate.pass();
        reason = tx.signal.reason;
        return tx.ref(Account, "carol").deposit(1);
      }),
    );
    await rig.settle();
    expect(reason).toBeUndefined();
    late.open();
    await rig.advance(50);
    expect((await older.end()).state).toBe("resolved");
    expect((await younger.end()).value).toBe(2);
    expect(reason).toBeInstanceOf(TransactionAbortedError);
    expect(reason).toMatchObject({ reason: "conflict", by: expect.stringMatching(/:1$/) });
    expect(await balances("alice", "bob", "carol")).toEqual([99, 101, 0]);
  });

  it("P9: keep what they did where another waited and was withdrawn: its end took the holder's changes along", async () => {
    const gate = new Gate();
    const holder = watch(
      client.transaction(async (tx) => {
        await tx.ref(Account, "alice").withdraw(10);
        await gate.pass();
      }),
    );
    await rig.advance(5);
    const waiting = watch(client.transaction({ timeout: "1s" }, (tx) => tx.ref(Account, "alice").deposit(1)));
    await rig.advance(1_100);
    expect(waiting.error).toMatchObject({ reason: "deadline" });
    gate.open();
    await holder.end();
    await rig.settle();
    expect(await client.actors.read("Account/alice")).toEqual({ balance: 90 });
    await nothingIsLeft();
  });

  it("P9: a hundred transfers at once among five accounts keep the sum", async () => {
    const keys = ["a", "b", "c", "d", "e"];
    await Promise.all(keys.map((key) => client.ref(Account, key).deposit(1_000)));
    const all = Array.from({ length: 100 }, (_, i) =>
      watch(
        client.transaction(transfer(keys[i % 5]!, keys[(i * 3 + 1) % 5 === i % 5 ? (i + 1) % 5 : (i * 3 + 1) % 5]!, 7)),
      ),
    );
    await rig.advance(9_000);
    await Promise.all(all.map((one) => one.end()));
    expect(all.filter(({ state }) => state !== "resolved").map(({ error }) => error?.message)).toEqual([]);
    expect((await balances(...keys)).reduce((sum, balance) => sum + balance, 0)).toBe(5_000);
    await nothingIsLeft();
  });
});

describe("a plain call in the body of a transaction", () => {
  it("to an actor that the transaction holds is a deadlock, and refused at once", async () => {
    const error = await refusalOf(
      client.transaction(async (tx) => {
        await tx.ref(Account, "alice").withdraw(1);
        await client.ref(Account, "alice").deposit(1);
      }),
    );
    expect(error.cause).toBeInstanceOf(DeadlockError);
    expect(error.message).toMatch(/transaction \w+:1 → Account\/alice \(asked past tx\.ref\) → transaction/);
    expect(await balances("alice")).toEqual([100]);
  });

  it("to another actor is a call like any other", async () => {
    await refusalOf(
      client.transaction(async (tx) => {
        await tx.ref(Account, "alice").withdraw(1);
        await client.ref(Account, "bob").deposit(1);
        throw new Error("no");
      }),
    );
    expect(await balances("alice", "bob")).toEqual([100, 101]);
  });

  it("is refused in a nested transaction too, for the outer one waits for it", async () => {
    const error = await refusalOf(
      client.transaction(async (tx) => {
        await tx.ref(Account, "alice").withdraw(1);
        await client.transaction((inner) => inner.ref(Account, "alice").withdraw(1));
      }),
    );
    expect(error.message).toContain("deadlock");
    expect(await balances("alice")).toEqual([100]);
  });

  it("hosted in the same process takes nothing of the transaction along", async () => {
    const sum = await worker.transaction(async (tx) => {
      await tx.ref(Account, "alice").payTo("bob", 1);
      return (await tx.ref(Account, "alice").current()) + (await tx.ref(Account, "bob").current());
    });
    expect(sum).toBe(200);
  });
});

describe("a transaction under a lock", () => {
  it("P10: makes its calls with the lock's fence", async () => {
    const fence = await client.locks.withLock("report", async (lock) => {
      await client.transaction(transfer("alice", "bob", 10));
      return lock.fence;
    });
    const calls = rig.published.flatMap(({ frame }) => parseMessages(frame.body)).filter(({ tx }) => tx !== undefined);
    expect(calls.map(({ handler, locks }) => [handler, locks])).toEqual([
      ["withdraw", [["report", fence]]],
      ["deposit", [["report", fence]]],
    ]);
  });

  it("P10: does not commit when the lock is lost by then", async () => {
    const error = await refusalOf(
      client.locks.withLock("report", () =>
        client.transaction(async (tx) => {
          await transfer("alice", "bob", 10)(tx);
          await worker.locks.break("report");
          await rig.settle();
        }),
      ),
    );
    expect(error).toMatchObject({ reason: "rejected", cause: expect.any(LockLostError) });
    expect(await balances("alice", "bob")).toEqual([100, 100]);
    await nothingIsLeft();
  });
});

describe("a crash of the worker", () => {
  it.each([
    ["commits", undefined, [90, 110]],
    ["leaves nothing", new RejectedError("no"), [100, 100]],
  ])("P9: between the calls of a transaction changes nothing: it $0", async (_what, thrown, expected) => {
    const ended = watch(
      client.transaction(async (tx) => {
        await tx.ref(Account, "alice").withdraw(10);
        await worker.crash("Account/alice");
        await tx.ref(Account, "bob").deposit(10);
        await worker.crash("Account/bob");
        if (thrown) throw thrown;
      }),
    );
    await rig.advance(1_000);
    await ended.end();
    expect(ended.error).toEqual(thrown && expect.objectContaining({ reason: "rejected", cause: thrown }));
    expect(await balances("alice", "bob")).toEqual(expected);
    await nothingIsLeft();
  });

  it("P9: a turn that was run again called somebody else, and whom its first run had called committed, too", async () => {
    const gate = new Gate();
    gates.set("alice", gate);
    payees = ["bob", "carol", "carol"];
    const ended = watch(client.transaction(async (tx) => tx.ref(Account, "alice").payNext(10)));
    await rig.advance(900);
    gates.clear();
    await worker.crash("Account/alice");
    await rig.advance(5_000);
    expect(ended.state).toBe("resolved");
    expect(await balances("alice", "bob", "carol")).toEqual([90, 100, 10]);
    await nothingIsLeft();
  });

  it("P9: while it commits leaves all of it or nothing, and its caller knows which", async () => {
    for (let hop = 0; hop < 30; hop++) {
      const [alice, bob] = await balances("alice", "bob");
      const ended = watch(
        client.transaction({ timeout: "2s" }, async (tx) => {
          await transfer("alice", "bob", 1)(tx);
          void hops(hop).then(() =>
            Promise.all(["Account/alice", "Account/bob"].map((address) => worker.crash(address))),
          );
        }),
      );
      await rig.advance(20_000);
      const moved = (await ended.end()).state === "resolved" ? 1 : 0;
      expect(ended.error).toBeUndefined();
      expect(await balances("alice", "bob")).toEqual([alice! - moved, bob! + moved]);
    }
    await nothingIsLeft();
  });
});

describe("the time of a transaction", () => {
  it("is over for a body that hangs, and what it held is free", async () => {
    const hung = watch(
      client.transaction({ timeout: "2s" }, async (tx) => {
        await tx.ref(Account, "alice").withdraw(1);
        await new Promise(() => {});
      }),
    );
    await rig.advance(1_900);
    expect(hung.state).toBe("pending");
    await rig.advance(200);
    expect(hung.error).toMatchObject({ reason: "deadline", retryable: true });
    await rig.settle();
    expect(await balances("alice")).toEqual([100]);
    await nothingIsLeft();
  });

  it("withdraws calls that are under way, and nothing of them stays", async () => {
    const gate = new Gate();
    gates.set("bob", gate);
    const late = watch(client.transaction({ timeout: "2s" }, transfer("alice", "bob", 10)));
    await rig.advance(2_100);
    expect(late.error).toMatchObject({ reason: "deadline" });
    gate.open();
    await rig.advance(5_000);
    gates.clear();
    expect(await balances("alice", "bob")).toEqual([100, 100]);
    await nothingIsLeft();
  });
});

describe("an idempotency key of a transaction", () => {
  it("P2: has it take effect once, and gives every repeat what its body returned", async () => {
    let runs = 0;
    const pay = () =>
      client.transaction({ idempotencyKey: "order-17" }, async (tx) => {
        runs++;
        return { left: await tx.ref(Account, "alice").withdraw(10), at: new Date(5) };
      });
    const first = await pay();
    expect(first).toEqual({ left: 90, at: new Date(5) });
    expect(await pay()).toEqual(first);
    expect(runs).toBe(1);
    const other = await rig.host([], { process: "other", workerId: "other" });
    expect(await other.transaction({ idempotencyKey: "order-17" }, () => "other")).toEqual(first);
    await rig.advance(11 * 60_000);
    await pay();
    expect(runs).toBe(2);
  });

  it("P2: two under one key at once: one commits, the other resolves with its result", async () => {
    const gate = new Gate();
    const pay = (name: string, account: string) =>
      watch(
        client.transaction({ idempotencyKey: "order-18" }, async (tx) => {
          await tx.ref(Account, account).withdraw(10);
          await gate.pass();
          return name;
        }),
      );
    const [one, two] = [pay("one", "alice"), pay("two", "bob")];
    await rig.settle();
    expect(gate.arrivals).toBe(2);
    gate.open();
    await rig.advance(100);
    await Promise.all([one.end(), two.end()]);
    expect(one.value).toBe(two.value);
    expect((await balances("alice", "bob")).toSorted((a, b) => a - b)).toEqual([90, 100]);
    await nothingIsLeft();
  });

  it("needs a result that can be kept", async () => {
    const error = await refusalOf(
      client.transaction({ idempotencyKey: "order-19" }, async (tx) => {
        await tx.ref(Account, "alice").withdraw(10);
        return { undo: () => {} };
      }),
    );
    expect(error.message).toContain("transaction result.undo");
    expect(await balances("alice")).toEqual([100]);
  });
});

describe("a commit whose answer is lost", () => {
  let silent: boolean;
  let deaf: LocalSystem;

  beforeEach(async () => {
    silent = false;
    deaf = await rig.host([], {
      process: "deaf",
      workerId: "deaf",
      ports: (ports) => ({
        ...ports,
        broker: {
          ...bound(ports.broker),
          openReplies: (listener) =>
            ports.broker.openReplies({ ...listener, receive: (body) => void (silent || listener.receive(body)) }),
        },
      }),
    });
  });

  it.each([
    ["in several partitions", Account, "alice", "bob"],
    ["in one partition", Purse, "red", "blue"],
  ])("P2: is asked about again, and gets the same answer, $0", async (_where, type, one, two) => {
    const add = type === Account ? "deposit" : "put";
    const committed = watch(
      deaf.transaction(async (tx) => {
        for (const key of [one, two]) {
          await (tx.ref(type as typeof Account, key) as unknown as Record<string, (n: number) => Promise<number>>)[
            add
          ]!(1);
        }
        silent = true;
      }),
    );
    await rig.advance(3_000);
    expect(committed.state).toBe("pending");
    silent = false;
    await rig.advance(2_000);
    expect(committed.state).toBe("resolved");
    await nothingIsLeft();
  });

  it("P9: is in doubt some time after it could commit, and not reported as aborted", async () => {
    const committed = watch(
      deaf.transaction({ timeout: "2s" }, async (tx) => {
        await transfer("alice", "bob", 10)(tx);
        silent = true;
      }),
    );
    await rig.advance(6_900);
    expect(committed.state).toBe("pending");
    await rig.advance(200);
    expect(committed.error).toBeInstanceOf(TransactionInDoubtError);
    const { transaction } = committed.error as TransactionInDoubtError;
    expect(committed.error!.message).toContain(`ask system.transactions.outcome("${transaction}")`);
    expect(await balances("alice", "bob")).toEqual([90, 110]);
    await nothingIsLeft();
  });
});

/** So many steps of what goes on in this process. */
async function hops(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve();
}

/** Its methods, so that one of them can be replaced. */
function bound(broker: Ports["broker"]): Ports["broker"] {
  return {
    name: broker.name,
    publish: (to, frame) => broker.publish(to, frame),
    reply: (to, body) => broker.reply(to, body),
    consume: (...args) => broker.consume(...args),
    openReplies: (listener) => broker.openReplies(listener),
    deadLetters: (type) => broker.deadLetters(type),
    takeDeadLetters: (type, take) => broker.takeDeadLetters(type, take),
    tie: (storeId, adopt) => broker.tie(storeId, adopt),
    close: () => broker.close(),
  };
}
