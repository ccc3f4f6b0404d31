import {
  ConfigError,
  DeadlockError,
  InvalidAddressError,
  TransactionAbortedError,
  TurnEndedError,
  UnknownHandlerError,
  UnknownTypeError,
} from "@actor-runtime/core";
import {
  Actor,
  Handler,
  type LocalSystem,
  Query,
  State,
  systemActors,
  type Transaction,
  type TransactionOptions,
} from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Gate, Rig, refusalOf, watch } from "./support.js";

let rig: Rig;
let one: LocalSystem;
let two: LocalSystem;
let gate: Gate;

@Actor("Account", { partitions: 4 })
class Account {
  @State() private balance = 0;

  @Handler() deposit(amount: number): number {
    return (this.balance += amount);
  }

  @Handler() async depositSlowly(amount: number): Promise<number> {
    await gate.pass();
    return this.deposit(amount);
  }

  @Handler() refuse(): void {
    throw new Error("refused");
  }

  @Query() current(): number {
    return this.balance;
  }
}

beforeEach(async () => {
  rig = new Rig();
  gate = new Gate();
  await rig.host([Account, ...systemActors], { process: "worker", workerId: "worker" });
  one = await rig.host([], { process: "one", workerId: "one" });
  two = await rig.host([], { process: "two", workerId: "two" });
});

/** Nothing of it is there, and nobody holds it. */
async function expectUntouched(...keys: readonly string[]): Promise<void> {
  await rig.settle();
  for (const key of keys) expect(await two.ref(Account, key).current()).toBe(0);
  expect((await two.transactions.list()).flatMap(({ held }) => held)).toEqual([]);
}

/** The error of a transaction that was given up. */
async function abortOf(transaction: Promise<unknown>): Promise<TransactionAbortedError> {
  const error = await refusalOf(transaction);
  expect(error).toBeInstanceOf(TransactionAbortedError);
  return error as TransactionAbortedError;
}

describe("a body", () => {
  it("P9: that never ends is over with its time, and what it held is free", async () => {
    let signal: AbortSignal | undefined;
    const endless = watch(
      one.transaction({ timeout: "2s" }, async (tx) => {
        signal = tx.signal;
        await tx.ref(Account, "a").deposit(1);
        await new Promise(() => {});
      }),
    );
    await rig.advance(1_900);
    expect(endless.state).toBe("pending");
    await rig.advance(200);
    expect(endless.error).toMatchObject({ name: "TransactionAbortedError", reason: "deadline" });
    expect(signal!.aborted).toBe(true);
    await expectUntouched("a");
  });

  it("P9: that forgets to await a call commits it all the same", async () => {
    await one.transaction(async (tx) => {
      void tx.ref(Account, "a").deposit(1);
      await tx.ref(Account, "b").deposit(1);
    });
    expect(await Promise.all(["a", "b"].map((key) => two.ref(Account, key).current()))).toEqual([1, 1]);
  });

  it("P9: that forgets to await a call which fails does not commit", async () => {
    const { reason, cause } = await abortOf(
      one.transaction(async (tx) => {
        await tx.ref(Account, "b").deposit(1);
        void tx.ref(Account, "a").refuse();
      }),
    );
    expect(reason).toBe("rejected");
    expect(cause).toMatchObject({ message: expect.stringContaining("refused") });
    await expectUntouched("a", "b");
  });

  it("P9: that catches the refusal of one actor goes on without it", async () => {
    await one.transaction(async (tx) => {
      await tx
        .ref(Account, "a")
        .refuse()
        .catch(() => {});
      await tx.ref(Account, "b").deposit(1);
    });
    expect(await Promise.all(["a", "b"].map((key) => two.ref(Account, key).current()))).toEqual([0, 1]);
  });

  it("P9: whose calls are made after its end changes nothing with them", async () => {
    let late: Transaction | undefined;
    await one.transaction(async (tx) => {
      late = tx;
      await tx.ref(Account, "a").current();
    });
    expect(await refusalOf(late!.ref(Account, "a").deposit(1))).toBeInstanceOf(TurnEndedError);
    await expectUntouched("a");
  });

  it("P9: that calls one actor many times at once has each of them once", async () => {
    const sums = await one.transaction((tx) =>
      Promise.all(Array.from({ length: 50 }, () => tx.ref(Account, "a").deposit(1))),
    );
    expect(sums).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(await two.ref(Account, "a").current()).toBe(50);
  });

  it("P9: that does nothing commits", async () => {
    expect(await one.transaction(async () => "nothing")).toBe("nothing");
  });

  it.each([undefined, null, "a text", 0, { reason: "none" }])(
    "P13: that throws %j has it as the cause",
    async (thrown) => {
      const aborted = await abortOf(
        one.transaction(async (tx) => {
          await tx.ref(Account, "a").deposit(1);
          throw thrown;
        }),
      );
      expect(aborted.reason).toBe("rejected");
      expect(aborted.cause).toBe(thrown);
      await expectUntouched("a");
    },
  );

  it("P13: that throws before its first await is given up, too", async () => {
    const body = () => {
      throw new Error("at once");
    };
    const { cause } = await abortOf(one.transaction(body));
    expect(cause).toMatchObject({ message: "at once" });
  });

  it("P9: that asks past its transaction an actor which that holds is told at once", async () => {
    const { cause } = await abortOf(
      one.transaction(async (tx) => {
        await tx.ref(Account, "a").deposit(1);
        await one.ref(Account, "a").deposit(1);
      }),
    );
    expect(cause).toBeInstanceOf(DeadlockError);
    await expectUntouched("a");
  });

  it("P9: in a body of another transaction is one of its own, and commits whatever becomes of the other", async () => {
    await abortOf(
      one.transaction(async (tx) => {
        await tx.ref(Account, "a").deposit(1);
        await one.transaction((inner) => inner.ref(Account, "b").deposit(1));
        throw new Error("the outer one is given up");
      }),
    );
    expect(await Promise.all(["a", "b"].map((key) => two.ref(Account, key).current()))).toEqual([0, 1]);
  });

  it("P9: that leaves a call under way when it throws has nothing of that call", async () => {
    const given = watch(
      one.transaction(async (tx) => {
        void tx.ref(Account, "a").depositSlowly(1);
        await tx.ref(Account, "b").deposit(1);
        throw new Error("enough");
      }),
    );
    await rig.settle();
    gate.open();
    await rig.advance(2_000);
    expect(given.error).toMatchObject({ name: "TransactionAbortedError", reason: "rejected" });
    await expectUntouched("a", "b");
  });
});

describe("a call in a transaction", () => {
  const wrong: readonly [string, (tx: Transaction) => Promise<unknown>, new (...args: never[]) => Error][] = [
    ["of a type that nobody has", (tx) => tx.ref(one.ref<Account>("Nobody", "a")).deposit(1), UnknownTypeError],
    [
      "of a handler that is none",
      (tx) => (tx.ref(Account, "a") as never as { steal(): Promise<void> }).steal(),
      UnknownHandlerError,
    ],
    ["with a key that is none", async (tx) => tx.ref(Account, "").deposit(1), InvalidAddressError],
  ];

  it.each(wrong)("P13: %s ends it with the cause, and nothing is left of the others", async (_, call, type) => {
    const { reason, cause } = await abortOf(
      one.transaction(async (tx) => {
        await tx.ref(Account, "b").deposit(1);
        await call(tx);
      }),
    );
    expect(reason).toBe("rejected");
    expect(cause).toBeInstanceOf(type);
    await expectUntouched("a", "b");
  });

  it.each(wrong)("P13: %s that the body survives does not keep it from committing", async (_, call) => {
    await one.transaction(async (tx) => {
      await call(tx).catch(() => {});
      await tx.ref(Account, "b").deposit(1);
    });
    expect(await two.ref(Account, "b").current()).toBe(1);
  });
});

describe("options that are wrong,", () => {
  it.each<[string, unknown]>([
    ["no time", { timeout: 0 }],
    ["a time that is none", { timeout: Number.NaN }],
    ["a text for a time", { timeout: "soon" }],
    ["ten minutes", { timeout: "10m" }],
    ["an empty key", { idempotencyKey: "" }],
    ["a number for a key", { idempotencyKey: 7 }],
    ["a key that is too long", { idempotencyKey: "x".repeat(1_000) }],
    ["null", null],
    ["a text", "5s"],
  ])("%s, are refused by name, and the body does not run", async (_, options) => {
    let ran = false;
    const refused = await refusalOf(
      (async () =>
        one.transaction(options as TransactionOptions, async () => {
          ran = true;
        }))(),
    );
    expect(refused).toBeInstanceOf(ConfigError);
    expect(ran).toBe(false);
  });

  it.each<[string, unknown]>([
    ["none", undefined],
    ["a text", "deposit"],
  ])("or a body that is %s, are refused by name", async (_, body) => {
    expect(await refusalOf((async () => one.transaction(body as never))())).toBeInstanceOf(ConfigError);
  });
});

describe("an idempotency key", () => {
  const transfer = (system: LocalSystem, amount: number) =>
    system.transaction({ idempotencyKey: "order-17" }, async (tx) => {
      await tx.ref(Account, "a").deposit(amount);
      return tx.ref(Account, "b").deposit(amount);
    });

  it("P9: that two processes use at once has one commit, and both have what its body returned", async () => {
    const both = [watch(transfer(one, 1)), watch(transfer(two, 2))];
    await rig.advance(5_000);
    const [first, second] = both.map(({ value }) => value);
    expect(both.map(({ state }) => state)).toEqual(["resolved", "resolved"]);
    expect(first).toBe(second);
    expect(await two.ref(Account, "a").current()).toBe(first);
    expect(await two.ref(Account, "b").current()).toBe(first);
  });

  it("P9: that was used before gives what was returned then, for 10 min", async () => {
    expect(await transfer(one, 1)).toBe(1);
    await rig.advance(9 * 60_000);
    expect(await transfer(two, 2)).toBe(1);
    await rig.advance(2 * 60_000);
    expect(await transfer(two, 2)).toBe(3);
  });

  it("P9: whose first use was given up may be used again", async () => {
    await abortOf(
      one.transaction({ idempotencyKey: "order-17" }, async (tx) => {
        await tx.ref(Account, "a").deposit(1);
        throw new Error("not now");
      }),
    );
    expect(await transfer(two, 2)).toBe(2);
    expect(await one.ref(Account, "a").current()).toBe(2);
  });
});
