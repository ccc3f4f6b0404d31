import { type Broker, attributes as named, RejectedError, TransactionAbortedError } from "@actor-runtime/core";
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
  Transactional,
} from "@actor-runtime/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ask, expectTree, own, type Pattern, process, send } from "../otlp/pattern.js";
import type { TraceSpan } from "../otlp/trace-span.js";
import { Gate, refusalOf, watch } from "./support.js";
import { TracedRig } from "./tracing-support.js";

let traced: TracedRig;
let worker: LocalSystem;
let client: LocalSystem;
let other: LocalSystem;
let gate: Gate;

@Actor("Account", { partitions: 1 })
class Account {
  private readonly self = inject(ActorContext);
  @State() private balance = 100;

  @Handler() deposit(amount: number): number {
    return (this.balance += amount);
  }
  @Handler() withdraw(amount: number): number {
    if (amount > this.balance) throw new RejectedError("insufficient funds");
    return (this.balance -= amount);
  }
  @Handler() announce(text: string): number {
    this.self.ref(Board, "main").tell.post(text);
    return ++this.balance;
  }
  @Query() current(): number {
    return this.balance;
  }
}

/** Never in one partition with an account. */
@Actor("Fund", { partitions: 1 })
class Fund {
  @State() private balance = 100;

  @Handler() deposit(amount: number): number {
    return (this.balance += amount);
  }
}

@Actor("Board", { partitions: 1 })
class Board {
  @Handler() post(_: string): void {}
}

@Actor("Bank", { partitions: 1 })
class Bank {
  private readonly self = inject(ActorContext);
  @State() private transfers = 0;

  @Transactional()
  @Handler()
  async invest(from: string, into: string): Promise<number> {
    await this.self.ref(Account, from).withdraw(10);
    await gate.pass();
    await this.self.ref(Fund, into).deposit(10);
    return ++this.transfers;
  }
}

const actors = [Account, Fund, Board, Bank, ...systemActors];
const invest = async (tx: Transaction) => {
  await tx.ref(Account, "alice").withdraw(10);
  await tx.ref(Fund, "gold").deposit(10);
};

beforeEach(async () => {
  traced = new TracedRig();
  gate = new Gate();
  worker = await traced.host(actors, { process: "worker", workerId: "worker" });
  client = await traced.host([], { process: "client", workerId: "client" });
  other = await traced.host([], { process: "other", workerId: "other" });
});

afterEach(async () => {
  gate.open();
  // What its coordinator keeps of an abort it forgets a minute after the transaction could have ended.
  await traced.rig.advance(80_000);
  await traced.end();
});

function only(name: string): TraceSpan {
  const spans = traced.named(name);
  expect(spans).toHaveLength(1);
  return spans[0]!;
}

const hold = (...below: readonly Pattern[]) => own("transaction.hold", below);
const held = (outcome: string, ...below: readonly Pattern[]) => hold(...below).with({ [named.txOutcome]: outcome });
/** Word to the coordinator that the actor has changed. */
const acknowledged = send("$Transaction", [process("$Transaction.applied")]);
const called = (method: string, ...below: readonly Pattern[]) => ask(method, [process(method, below)]);
/** Word of the commit. */
const told = (type: string) => send(type, [process(`${type}.$commit`)]);

describe("P11: a transaction is one trace", () => {
  it("with its calls, its commit, the word of it, the acknowledgements, and how long each actor was held", async () => {
    await client.transaction(invest);
    await traced.rig.advance(1_000);
    expectTree(
      traced.traceOf("transaction"),
      own("transaction", [
        own("transaction.attempt", [
          called("Account.withdraw", held("committed", acknowledged).with({ [named.actorKey]: "alice" })),
          called("Fund.deposit", held("committed", acknowledged).with({ [named.actorKey]: "gold" })),
          own("transaction.commit", [called("$Transaction.commit"), told("Account"), told("Fund")]).with({
            [named.txPath]: "coordinator",
            [named.txMembers]: 2,
          }),
        ]),
      ])
        .with({ [named.txAttempts]: 1, [named.txMembers]: 2, [named.txOutcome]: "committed" })
        .inOrder(),
    );
    const ids = ["transaction", "transaction.attempt", "transaction.commit", "transaction.hold"].flatMap((name) =>
      traced.named(name).map(({ attributes }) => attributes[named.txId]),
    );
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/:1$/);
  });

  it("also where one partition commits for all, and with what leaves then", async () => {
    await client.transaction(async (tx) => {
      await tx.ref(Account, "alice").withdraw(10);
      await tx.ref(Account, "bob").announce("hello");
    });
    await traced.rig.advance(1_000);
    expectTree(
      traced.traceOf("transaction"),
      own("transaction", [
        own("transaction.attempt", [
          called("Account.withdraw", hold()),
          called("Account.announce", hold(), send("Board", [process("Board.post")])),
          own("transaction.commit", [called("Account.$commitHere")]).with({ [named.txPath]: "partition" }),
        ]),
      ]),
    );
  });

  it("also when it only read, and each actor was held shared", async () => {
    await client.transaction(async (tx) => {
      await tx.ref(Account, "alice").current();
      await tx.ref(Account, "bob").current();
    });
    await traced.rig.advance(1_000);
    const modes = traced.named("transaction.hold").map(({ attributes }) => attributes[named.txMode]);
    expect(modes).toEqual(["shared", "shared"]);
  });

  it("that is refused: why, the word of it, and what it told fails", async () => {
    const refusal = await refusalOf(
      client.transaction(async (tx) => {
        await tx.ref(Account, "alice").announce("never");
        await tx.ref(Account, "bob").withdraw(500);
      }),
    );
    expect(refusal).toBeInstanceOf(TransactionAbortedError);
    await traced.rig.advance(1_000);
    const rejected = { [named.txOutcome]: "aborted", [named.txReason]: "rejected" };
    expectTree(
      traced.traceOf("transaction"),
      own("transaction", [
        own("transaction.attempt", [
          called("Account.announce", held("aborted"), send("Board").failed("TransactionAbortedError")),
          ask("Account.withdraw", [process("Account.withdraw", [held("aborted")])]).failed("RejectedError"),
          // It may have been rejected for what it saw after it gave way.
          called("$Transaction.inquire"),
          send("Account", [process("Account.$abort")]),
          send("Account", [process("Account.$abort")]),
        ])
          .with(rejected)
          .failed("TransactionAbortedError"),
      ])
        .with(rejected)
        .failed("TransactionAbortedError"),
    );
  });

  it("that gives way: who to, and its next attempt beside the first", async () => {
    const older = client.transaction(async (tx) => {
      await gate.pass();
      await tx.ref(Account, "alice").withdraw(10);
    });
    await traced.rig.advance(10);
    const second = new Gate();
    const younger = other.transaction(async (tx) => {
      await tx.ref(Account, "alice").deposit(10);
      if (tx.attempt === 1) await second.pass();
    });
    await traced.rig.advance(10);
    gate.open();
    await traced.rig.advance(20);
    second.open();
    await traced.rig.advance(1_000);
    await Promise.all([older, younger]);
    const [first, again] = traced
      .named("transaction.attempt")
      .filter(({ parentId }) => parentId === traced.named("transaction")[1]!.spanId);
    const [winner] = traced.named("transaction.attempt");
    const by = winner!.attributes[named.txId]!;
    expect(first!.attributes).toMatchObject({ [named.txReason]: "conflict", [named.txBy]: by });
    expect(again!.attributes).toMatchObject({ [named.attempt]: 2, [named.txOutcome]: "committed" });
    expect(traced.named("transaction")[1]).toMatchObject({
      failed: false,
      attributes: { [named.txAttempts]: 2, [named.txOutcome]: "committed" },
    });
    const wounded = traced
      .named("transaction.hold")
      .find(({ attributes }) => attributes[named.txReason] === "conflict");
    expect(wounded).toMatchObject({ events: [{ name: "wounded", attributes: { [named.txBy]: by } }] });
    const inquiry = only("ask $Transaction.inquire");
    expect(inquiry.parentId).toBe(wounded!.spanId);
  });

  it("whose caller died: the actor asks by itself, and is held until it hears that time is over", async () => {
    const left = watch(
      client.transaction({ timeout: "2s" }, async (tx) => {
        await tx.ref(Account, "alice").withdraw(10);
        await gate.pass();
      }),
    );
    await traced.rig.advance(100);
    // What it would still say, it can tell nobody.
    traced.rig.world.disconnect("client");
    const closed = client.close({ drainTimeout: 0 });
    await traced.rig.advance(5_000);
    expect(only("transaction.hold").attributes).toMatchObject({
      [named.txOutcome]: "aborted",
      [named.txReason]: "deadline",
    });
    await closed;
    const asks = traced.named("ask $Transaction.inquire");
    expect(asks.length).toBeGreaterThan(1);
    expect(new Set(asks.map(({ parentId }) => parentId))).toEqual(new Set([only("transaction.hold").spanId]));
    expect(left.state).toBe("rejected");
  });
});

it("P11: a transaction in doubt says so, and its actors say what came of it", async () => {
  let silent = false;
  const deafened = ({ broker, ...ports }: Ports): Ports => {
    const openReplies: Broker["openReplies"] = (listener) =>
      broker.openReplies({ ...listener, receive: (body) => void (silent || listener.receive(body)) });
    const get = (_: Broker, name: keyof Broker) => {
      if (name === "openReplies") return openReplies;
      return name === "name" ? broker.name : broker[name].bind(broker);
    };
    return { ...ports, broker: new Proxy(broker, { get }) };
  };
  const deaf = await traced.host([], { process: "deaf", ports: deafened });
  const run = watch(
    deaf.transaction({ timeout: "2s" }, async (tx) => {
      await invest(tx);
      silent = true;
    }),
  );
  await traced.rig.advance(10_000);
  expect(run.error?.code).toBe("TRANSACTION_IN_DOUBT");
  for (const name of ["transaction", "transaction.attempt", "transaction.commit"]) {
    expect(only(name)).toMatchObject({ failed: true, attributes: { [named.txOutcome]: "in_doubt" } });
  }
  const outcomes = traced.named("transaction.hold").map(({ attributes }) => attributes[named.txOutcome]);
  expect(outcomes).toEqual(["committed", "committed"]);
});

describe("P11: a handler's transaction", () => {
  it("lies in its turn, with its commit", async () => {
    gate.open();
    await client.ref(Bank, "main").invest("alice", "gold");
    await traced.rig.advance(1_000);
    expectTree(
      traced.traceOf("ask Bank.invest"),
      called(
        "Bank.invest",
        held("committed", acknowledged),
        called("Account.withdraw", held("committed", acknowledged)),
        called("Fund.deposit", held("committed", acknowledged)),
        own("transaction.commit", [called("$Transaction.commit"), told("Account"), told("Fund")]).with({
          [named.txPath]: "coordinator",
          [named.txMembers]: 3,
        }),
      ),
    );
  });

  it("left the span of a turn that gave way open", async () => {
    const older = client.transaction(async (tx) => {
      await gate.pass();
      await tx.ref(Account, "alice").withdraw(10);
    });
    await traced.rig.advance(10);
    const transfer = gate;
    gate = new Gate();
    const younger = other.ref(Bank, "main").invest("alice", "gold");
    await traced.rig.advance(10);
    transfer.open();
    await older;
    gate.open();
    await traced.rig.advance(1_000);
    await younger;
    const [first, second] = traced.named("process Bank.invest");
    expect(first).toMatchObject({ open: false, attributes: { [named.outcome]: "retried" } });
    expect(first!.events.map(({ name }) => name)).toContain("retry scheduled");
    expect(second).toMatchObject({ open: false, attributes: { [named.outcome]: "ok", [named.attempt]: 2 } });
    expect(second!.parentId).toBe(first!.parentId);
  });
});

describe("P11: a hold that outlives its worker", () => {
  it("goes on in a trace of its own that links to the first, until its outcome", async () => {
    const run = client.transaction(async (tx) => {
      await tx.ref(Account, "alice").announce("hello");
      await gate.pass();
      await tx.ref(Fund, "gold").deposit(10);
    });
    await traced.rig.advance(100);
    const crashed = worker.crash("Account/alice");
    await traced.rig.advance(1_000);
    await crashed;
    gate.open();
    await traced.rig.advance(2_000);
    await run;
    const [lost] = traced.named("transaction.hold");
    expect(lost!.attributes).toMatchObject({ "error.type": "LostOwnershipError", [named.actorKey]: "alice" });
    const recovery = only("transaction.recover");
    expect(recovery.parentId).toBeUndefined();
    const asked = only("ask Account.announce");
    expect(recovery.links).toEqual([{ traceId: asked.traceId, spanId: asked.spanId }]);
    expect(traced.named("activate Account").at(-1)!.parentId).toBe(recovery.spanId);
    expect(recovery.attributes).toMatchObject({
      [named.txId]: only("transaction").attributes[named.txId],
      [named.txOutcome]: "committed",
      [named.actorKey]: "alice",
    });
    expect(traced.named("ask $Transaction.inquire")[0]!.parentId).toBe(recovery.spanId);
    // The word of the commit belongs to the transaction.
    expect(only("process Account.$commit").traceId).toBe(asked.traceId);
  });

  it("of a handler says what became of its first attempt", async () => {
    const run = client.ref(Bank, "main").invest("alice", "gold");
    await traced.rig.advance(100);
    const crashed = worker.crash("Bank/main");
    await traced.rig.advance(1_000);
    await crashed;
    gate.open();
    await traced.rig.advance(3_000);
    await run;
    expect(only("transaction.recover").attributes).toMatchObject({
      [named.txOutcome]: "aborted",
      [named.txReason]: "lost",
    });
    expect(only("ask $Transaction.abort").parentId).toBe(only("transaction.recover").spanId);
  });
});

it("a transaction of a trace that is sampled out has no spans, whatever becomes of it", async () => {
  const before = traced.spans().length;
  await traced.telemetry.sampledOut.run(() => client.transaction(invest));
  const left = watch(
    traced.telemetry.sampledOut.run(() =>
      client.transaction({ timeout: "2s" }, async (tx) => {
        await tx.ref(Account, "alice").withdraw(10);
        await gate.pass();
      }),
    ),
  );
  await traced.rig.advance(100);
  const crashed = worker.crash("Account/alice");
  await traced.rig.advance(5_000);
  await crashed;
  expect(left.state).toBe("rejected");
  const later = traced.spans().slice(before);
  expect(later.filter(({ name }) => !/ over /.test(name))).toEqual([]);
});

it("with hashed keys no span of a transaction tells whose it is", async () => {
  const secret = await traced.host([], { process: "secret", tracing: { keys: "hashed" } });
  await secret.transaction(async (tx) => {
    await tx.ref(Account, "ann").withdraw(10);
    await tx.ref(Fund, "ann").deposit(10);
  });
  await refusalOf(secret.transaction((tx) => tx.ref(Account, "ann").withdraw(500)));
  await traced.rig.advance(1_000);
  const spans = traced.spans().filter(({ name }) => /^transaction($|\.attempt|\.commit)/.test(name));
  expect(spans).toHaveLength(5);
  expect(JSON.stringify(spans)).not.toContain("ann");
});
