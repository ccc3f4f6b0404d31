import {
  AskTimeoutError,
  CancelledError,
  ClosedError,
  DeadlockError,
  HandlerError,
  IdempotencyMismatchError,
  NotSendableError,
  NotStartedError,
  OverloadedError,
  parseReplies,
  RejectedError,
  TooLargeError,
  UnknownHandlerError,
  UnknownTypeError,
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
} from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Gate, Rig, refusalOf, watch } from "./support.js";

let gate: Gate;
let signals: AbortSignal[];
let runs: string[];

@Actor("Account", { partitions: 1 })
class Account {
  private readonly self = inject(ActorContext);
  @State() private balance = 0;

  @Handler() deposit(amount: number): number {
    runs.push(`deposit ${amount}`);
    return (this.balance += amount);
  }
  @Handler() move(by: { amount: number; at?: Date; tags?: Map<string, bigint> }): number {
    runs.push(`move ${by.amount}`);
    this.balance += by.amount;
    // Handlers may do to their arguments what they like.
    by.amount = -1;
    return this.balance;
  }
  @Handler() async slowly(amount: number): Promise<number> {
    runs.push(`slowly ${amount}`);
    signals.push(this.self.signal);
    await gate.pass();
    return (this.balance += amount);
  }
  @Handler() refuse(): void {
    this.balance = -1;
    throw new RejectedError("insufficient funds", { code: "INSUFFICIENT_FUNDS", data: { missing: 20 } });
  }
  @Handler() fail(): void {
    runs.push("fail");
    throw new TypeError("no such thing");
  }
  /** Fails the first time it runs. */
  @Handler() async failOnce(amount: number): Promise<number> {
    runs.push("failOnce");
    const first = runs.length === 1;
    await gate.pass();
    if (first) throw new Error("only once");
    return (this.balance += amount);
  }
  @Handler() nothing(): void {}
  @Handler() huge(): string {
    this.balance = -1;
    return "x".repeat(300 * 1024);
  }
  @Handler() unsendable(): unknown {
    this.balance = -1;
    return { lines: [{ print: () => 1 }] };
  }
  @Handler() identity(): string | undefined {
    return this.self.idempotencyKey;
  }
  @Handler() headers(): Readonly<Record<string, string>> {
    return this.self.headers;
  }
  @Handler() deadline(): number | undefined {
    return this.self.deadline;
  }
  @Query() current(): number {
    return this.balance;
  }
  unmarked(): void {}
}

/** Asks whom it is told to ask. */
@Actor("Relay", { partitions: 1 })
class Relay {
  private readonly self = inject(ActorContext);
  @State() private asked = 0;

  /** Asks the first, which asks the second, and so on; the last one answers. */
  @Handler() async pass(keys: string[]): Promise<string> {
    this.asked++;
    const [next, ...rest] = keys;
    return next === undefined ? this.self.key : `${this.self.key}>${await this.self.ref(Relay, next).pass(rest)}`;
  }
  @Query() async look(keys: string[]): Promise<string> {
    const [next, ...rest] = keys;
    return next === undefined ? this.self.key : `${this.self.key}>${await this.self.ref(Relay, next).look(rest)}`;
  }
  @Handler() async exchange(other: string, timeout: number): Promise<string> {
    await gate.pass();
    return this.self.ref(Relay, other).with({ timeout }).pass([]);
  }
  @Handler() async deadlineOf(key: string): Promise<number | undefined> {
    return this.self.ref(Account, key).with({ timeout: "50s" }).deadline();
  }
  @Handler() async askLate(key: string): Promise<number> {
    await gate.pass();
    return this.self.ref(Account, key).deposit(1);
  }
  @Handler() async depositAt(key: string, amount: number): Promise<number> {
    const balance = await this.self.ref(Account, key).deposit(amount);
    runs.push("between");
    await gate.pass();
    return balance;
  }
}

let rig: Rig;
let system: LocalSystem;

beforeEach(async () => {
  gate = new Gate();
  signals = [];
  runs = [];
  rig = new Rig();
  system = await rig.host([Account, Relay]);
});

describe("an ask", () => {
  it("is answered by the handler's value", async () => {
    const alice = system.ref(Account, "alice");
    expect(await alice.deposit(100)).toBe(100);
    expect(await alice.deposit(5)).toBe(105);
    expect(await alice.nothing()).toBeUndefined();
    expect(await system.ref(Account, "bob").current()).toBe(0);
  });

  it("is rejected with the class, code and data of the error that was thrown", async () => {
    const error = await refusalOf(system.ref(Account, "alice").refuse());
    expect(error).toBeInstanceOf(RejectedError);
    expect(error).toMatchObject({
      code: "INSUFFICIENT_FUNDS",
      effect: "none",
      retryable: false,
      data: { missing: 20 },
    });
    expect(rig.logged("error")).toEqual([]);
  });

  it("is rejected with HandlerError, and logged as a fault, when the handler threw something else", async () => {
    const error = await refusalOf(system.ref(Account, "alice").fail());
    expect(error).toBeInstanceOf(HandlerError);
    expect(error).toMatchObject({ message: "no such thing", thrown: "TypeError", effect: "none" });
    expect(rig.logged("error")).toEqual(["Account/alice.fail failed: no such thing"]);
  });

  it("is not retried behind its caller's back", async () => {
    await refusalOf(system.ref(Account, "alice").fail());
    await rig.advance(120_000);
    expect(runs).toEqual(["fail"]);
  });

  it.each([
    ["is over its bound", "huge", TooLargeError, "Account/alice.huge"],
    ["cannot travel", "unsendable", NotSendableError, "answer.lines[0].print"],
  ] as const)(
    "fails with its path or size when the answer %s, and leaves nothing",
    async (_, handler, type, message) => {
      const alice = system.ref(Account, "alice");
      await alice.deposit(7);
      const error = await refusalOf(alice[handler]());
      expect(error).toBeInstanceOf(type);
      expect(error.message).toContain(message);
      expect(await alice.current()).toBe(7);
    },
  );

  it("with an argument that cannot travel, or too large a one, is refused before anything is sent", async () => {
    const alice = system.ref(Account, "alice") as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    await alice.deposit!(1);
    const sent = rig.published.length;
    expect(await refusalOf(alice.deposit!(() => 1))).toBeInstanceOf(NotSendableError);
    expect(await refusalOf(alice.deposit!({ price: Symbol("s") }))).toMatchObject({
      message: expect.stringContaining("args[0].price"),
    });
    expect(await refusalOf(alice.deposit!("x".repeat(256 * 1024)))).toBeInstanceOf(TooLargeError);
    expect(await refusalOf(alice.deposit!(system.ref(Account, "bob")))).toBeInstanceOf(NotSendableError);
    expect(rig.published).toHaveLength(sent);
    expect(await alice.current!()).toBe(1);
  });

  it("P13: to a method that is not marked, or does not exist, is refused at the caller by name", async () => {
    const alice = system.ref(Account, "alice") as unknown as Record<string, () => Promise<unknown>>;
    const unmarked = await refusalOf(alice.unmarked!());
    expect(unmarked).toBeInstanceOf(UnknownHandlerError);
    expect(unmarked.message).toContain("Account.unmarked is not marked with @Handler()");
    expect((await refusalOf(alice.withdrwa!())).message).toContain("Account.withdrwa does not exist");
    expect(rig.published).toEqual([]);
  });

  it("P13: by name to a type nobody ever hosted is UnknownTypeError", async () => {
    const client = await rig.host([], { process: "client" });
    const error = await refusalOf(client.ask({ address: "Acount/alice", handler: "deposit", args: [1] }));
    expect(error).toBeInstanceOf(UnknownTypeError);
    expect(error.message).toContain('"Acount"');
  });

  it("P13: by name to a handler that does not exist is answered by the actor's owner", async () => {
    const client = await rig.host([], { process: "client" });
    const error = await refusalOf(client.ask({ address: "Account/alice", handler: "constructor", args: [] }));
    expect(error).toBeInstanceOf(UnknownHandlerError);
    expect(error.message).toContain("it has: deposit");
  });

  it("carries the caller's headers", async () => {
    const alice = system.ref(Account, "alice");
    expect(await alice.with({ headers: { tenant: "acme" } }).headers()).toEqual({ tenant: "acme" });
    expect(await alice.headers()).toEqual({});
  });

  it("sends nothing to an actor for the names that promises, JSON and inspection look up", async () => {
    const alice = system.ref(Account, "alice") as unknown as Record<PropertyKey, unknown>;
    const names = ["then", "toJSON", "constructor", Symbol.toPrimitive, Symbol.iterator];
    expect(names.map((name) => alice[name])).toEqual(names.map(() => undefined));
    expect(alice.address).toBe("Account/alice");
    expect(await Promise.resolve(alice)).toBe(alice);
    expect(rig.published).toEqual([]);
  });
});

describe("P2: an ask that succeeded takes effect exactly once", () => {
  it("and a repeat with its idempotency key gets the same answer", async () => {
    const alice = system.ref(Account, "alice").with({ idempotencyKey: "order-17" });
    expect(await alice.deposit(10)).toBe(10);
    expect(await system.ref(Account, "alice").deposit(1)).toBe(11);
    expect(await alice.deposit(10)).toBe(10);
    expect(runs).toEqual(["deposit 10", "deposit 1"]);
  });

  it("also when repeats arrive while the first one runs", async () => {
    const alice = system.ref(Account, "alice").with({ idempotencyKey: "k" });
    const answers = [alice.slowly(5), alice.slowly(5), alice.slowly(5)];
    await rig.settle();
    gate.open();
    expect(await Promise.all(answers)).toEqual([5, 5, 5]);
    expect(runs).toEqual(["slowly 5"]);
  });

  it("also when thousands of repeats arrive while the first one runs", async () => {
    const alice = system.ref(Account, "alice").with({ idempotencyKey: "k" });
    const answers = Array.from({ length: 9_000 }, () => watch(alice.slowly(5)));
    await rig.settle();
    gate.open();
    await rig.settle();
    expect(new Set(answers.map(({ value }) => value))).toEqual(new Set([5]));
    expect(runs).toEqual(["slowly 5"]);
    expect(rig.escaped).toEqual([]);
  });

  it("also after the owner crashed", async () => {
    const alice = system.ref(Account, "alice").with({ idempotencyKey: "k" });
    expect(await alice.deposit(10)).toBe(10);
    await system.crash("Account/alice");
    expect(await alice.deposit(10)).toBe(10);
    expect(await alice.current()).toBe(10);
    expect(runs).toEqual(["deposit 10"]);
  });

  it("also from another process", async () => {
    const client = await rig.host([], { process: "client" });
    const call = { address: "Account/alice", handler: "deposit", args: [10], idempotencyKey: "k" };
    expect(await system.ask(call)).toBe(10);
    expect(await client.ask(call)).toBe(10);
  });

  it("but only within the target's reply retention", async () => {
    const alice = system.ref(Account, "alice").with({ idempotencyKey: "k" });
    await alice.deposit(10);
    // Answers live one to two times the retention of two minutes, and go when something is committed after that.
    for (let minute = 0; minute < 6; minute++) {
      await rig.advance(60_000);
      await system.ref(Account, "bob").deposit(1);
    }
    expect(await alice.deposit(10)).toBe(20);
  });

  it("and its key with another handler or other arguments is IdempotencyMismatchError", async () => {
    const alice = system.ref(Account, "alice").with({ idempotencyKey: "k" });
    await alice.deposit(10);
    for (const call of [() => alice.deposit(11), () => alice.slowly(10)]) {
      const error = await refusalOf(call());
      expect(error).toBeInstanceOf(IdempotencyMismatchError);
      expect(error.message).toContain('"k"');
    }
    expect(await alice.deposit(10)).toBe(10);
    expect(await alice.current()).toBe(10);
  });

  it("and a repeat is the same whatever the first run did to its arguments", async () => {
    const alice = system.ref(Account, "alice").with({ idempotencyKey: "k" });
    const move = () => alice.move({ amount: 10, at: new Date(0), tags: new Map([["a", 1n]]) });
    expect(await move()).toBe(10);
    expect(await move()).toBe(10);
    expect(runs).toEqual(["move 10"]);
  });

  it("and a key belongs to one actor: another one's is its own", async () => {
    const options = { idempotencyKey: "k" };
    expect(await system.ref(Account, "alice").with(options).deposit(10)).toBe(10);
    expect(await system.ref(Account, "bob").with(options).deposit(20)).toBe(20);
  });

  it("and keys with any characters stay apart, in one commit too", async () => {
    const answers = await Promise.all([
      system.ref(Account, "a").with({ idempotencyKey: "b|u:c" }).deposit(1),
      system.ref(Account, "a|u:b").with({ idempotencyKey: "c" }).deposit(1),
      system.ref(Account, "a").with({ idempotencyKey: "b|u:c" }).deposit(1),
    ]);
    expect(answers).toEqual([1, 1, 1]);
    expect(runs).toHaveLength(2);
  });

  it("and a key under which nothing succeeded runs again", async () => {
    const alice = system.ref(Account, "alice").with({ idempotencyKey: "k" });
    await refusalOf(alice.fail());
    await refusalOf(alice.fail());
    expect(runs).toEqual(["fail", "fail"]);
    expect(await alice.deposit(1)).toBe(1);
  });

  it("and the handler reads the caller's key, the same each time it runs", async () => {
    const alice = system.ref(Account, "alice");
    expect(await alice.with({ idempotencyKey: "order-17" }).identity()).toContain("order-17");
    const [first, second] = [await alice.identity(), await alice.identity()];
    expect(first).toBeTypeOf("string");
    expect(second).not.toBe(first);
  });
});

describe("S8: an unanswered ask is repeated once, at half its time", () => {
  /** Drops what the broker carries to reply queues as long as `losing` is true. */
  async function lossy(): Promise<{ client: LocalSystem; lose: (on: boolean) => void }> {
    let losing = false;
    const client = await rig.host([], {
      process: "client",
      ports: (ports) => ({
        ...ports,
        broker: {
          ...ports.broker,
          openReplies: (listener) =>
            ports.broker.openReplies({
              receive: (body) => {
                if (!losing) listener.receive(body);
              },
              reopened: () => listener.reopened(),
            }),
        },
      }),
    });
    return {
      client,
      lose: (on) => {
        losing = on;
      },
    };
  }

  it("and gets the answer of its first run when the reply was lost", async () => {
    const { client, lose } = await lossy();
    lose(true);
    const answer = watch(client.ref(Account, "alice").with({ timeout: "10s" }).deposit(10));
    await rig.advance(4_990);
    expect(answer.state).toBe("pending");
    lose(false);
    await rig.advance(100);
    expect(answer).toMatchObject({ state: "resolved", value: 10 });
    expect(runs).toEqual(["deposit 10"]);
  });

  it("and a query runs again", async () => {
    const { client, lose } = await lossy();
    await client.ref(Account, "alice").deposit(3);
    lose(true);
    const answer = watch(client.ref(Account, "alice").with({ timeout: "10s" }).current());
    await rig.advance(4_900);
    lose(false);
    await rig.advance(200);
    expect(answer).toMatchObject({ state: "resolved", value: 3 });
  });

  it("and gets the answer of its first run when that ends after the repeat came", async () => {
    const answer = watch(system.ref(Account, "alice").with({ timeout: "10s" }).slowly(1));
    await rig.advance(7_000);
    gate.open();
    await rig.settle();
    expect(answer).toMatchObject({ state: "resolved", value: 1 });
    expect(runs).toEqual(["slowly 1"]);
    expect(rig.messagesTo("Account:g1:00").filter(({ kind }) => kind === "ask")).toHaveLength(2);
  });

  it("and gets the answer after a crash between commit and reply", async () => {
    // The commit's answer never reaches the owner, so neither does the reply leave.
    rig.world.store.failCommits(1, "after");
    const answer = watch(system.ref(Account, "alice").with({ timeout: "10s" }).deposit(10));
    await rig.settle();
    await system.crash("Account/alice");
    await rig.advance(4_000);
    expect(answer.state).toBe("pending");
    await rig.advance(1_100);
    expect(answer).toMatchObject({ state: "resolved", value: 10 });
    expect(runs).toEqual(["deposit 10"]);
  });

  it("and is repeated at once when its reply queue was opened anew", async () => {
    const { client, lose } = await lossy();
    lose(true);
    const answer = watch(client.ref(Account, "alice").with({ timeout: "10s" }).deposit(10));
    await rig.settle();
    lose(false);
    rig.world.reopenReplies("client");
    await rig.settle();
    expect(answer).toMatchObject({ state: "resolved", value: 10 });
    expect(runs).toEqual(["deposit 10"]);
  });

  it("and keeps all of its time after its reply queue was opened anew", async () => {
    const answer = watch(system.ref(Account, "alice").with({ timeout: "10s" }).slowly(1));
    await rig.settle();
    rig.world.reopenReplies("main");
    await rig.advance(8_000);
    expect(answer.state).toBe("pending");
    gate.open();
    await rig.settle();
    expect(answer).toMatchObject({ state: "resolved", value: 1 });
  });

  it("and its repeat does not run again, although it is looked up long after the answer came", async () => {
    const client = await rig.host([], { process: "client" });
    const last = new Gate();
    const first = watch(system.ref(Account, "alice").with({ timeout: "10s" }).slowly(1));
    await rig.advance(1_000);
    // Another caller's turn stands between the ask and its repeat.
    const earlier = gate;
    gate = last;
    const between = watch(client.ref<Account>("Account", "alice").slowly(100));
    await rig.advance(5_000);
    earlier.open();
    await rig.settle();
    expect([first.value, between.state]).toEqual([1, "pending"]);
    // The caller says that it has its answers up to here.
    for (let i = 0; i < 3; i++) await system.ref(Account, "bob").deposit(1);
    last.open();
    await rig.settle();
    expect(between.value).toBe(101);
    expect(await system.ref(Account, "alice").current()).toBe(101);
    expect(runs.filter((run) => run === "slowly 1")).toHaveLength(1);
  });

  it.each([undefined, "k"])(
    "and its repeat does not run when it failed: nothing happened, as its caller was told (key %s)",
    async (idempotencyKey) => {
      const alice = system
        .ref(Account, "alice")
        .with({ timeout: "10s", ...(idempotencyKey !== undefined && { idempotencyKey }) });
      const failing = watch(alice.failOnce(5));
      await rig.advance(6_000);
      gate.open();
      await rig.settle();
      expect(failing.error).toMatchObject({ message: "only once", effect: "none" });
      expect(await system.ref(Account, "alice").current()).toBe(0);
      expect(runs).toEqual(["failOnce"]);
    },
  );

  it("and settles both of its numbers, so that kept answers do not pile up", async () => {
    const alice = system.ref(Account, "alice");
    const answer = watch(alice.with({ timeout: "10s" }).slowly(1));
    await rig.settle();
    // The repeat cannot leave before the answer is there.
    rig.world.refuse("Account:g1:00", true);
    await rig.advance(6_000);
    gate.open();
    await rig.settle();
    expect(answer.state).toBe("resolved");
    rig.world.refuse("Account:g1:00", false);
    await rig.advance(5_000);
    await alice.deposit(1);
    await alice.deposit(1);
    await alice.deposit(1);
    const [last] = rig.published.at(-1)!.frame.headers.segments;
    expect(last!.settled).toBe(last!.first);
  });
});

describe("an ask's time", () => {
  it("over is AskTimeoutError, its effect unknown", async () => {
    const answer = watch(system.ref(Account, "alice").with({ timeout: "10s" }).slowly(1));
    await rig.advance(9_990);
    expect(answer.state).toBe("pending");
    await rig.advance(20);
    expect(answer.error).toBeInstanceOf(AskTimeoutError);
    expect(answer.error).toMatchObject({ effect: "unknown", retryable: true });
    expect(answer.error!.message).toContain("Account/alice.slowly");
  });

  it("is 30 s unless given", async () => {
    const answer = watch(system.ref(Account, "alice").slowly(1));
    await rig.advance(29_980);
    expect(answer.state).toBe("pending");
    await rig.advance(40);
    expect(answer.state).toBe("rejected");
  });

  it("longer than half of the target's reply retention is refused with the fix", async () => {
    const error = await refusalOf(system.ref(Account, "alice").with({ timeout: "61s" }).deposit(1));
    expect(error.message).toContain("replyRetention");
    expect(rig.published).toEqual([]);
  });

  it("is its deadline: work that has not begun by then is not started", async () => {
    const first = watch(system.ref(Account, "alice").with({ timeout: "50s" }).slowly(1));
    const late = watch(system.ref(Account, "alice").with({ timeout: "5s" }).deposit(10));
    // Five seconds more are for clocks that differ.
    await rig.advance(11_000);
    expect(late.error).toBeInstanceOf(AskTimeoutError);
    gate.open();
    await rig.settle();
    expect(first.state).toBe("resolved");
    expect(runs).toEqual(["slowly 1"]);
    expect(await system.ref(Account, "alice").current()).toBe(1);
  });

  it("is what nested asks inherit", async () => {
    const deadline = await system.ref(Relay, "r").with({ timeout: "7s" }).deadlineOf("alice");
    expect(deadline).toBe(rig.clock.now() + 7_000);
  });

  it("over, nothing is asked any more on its behalf", async () => {
    const answer = watch(system.ref(Relay, "r").with({ timeout: "5s" }).askLate("alice"));
    await rig.advance(6_000);
    expect(answer.error).toBeInstanceOf(AskTimeoutError);
    gate.open();
    await rig.settle();
    expect(runs).toEqual([]);
    expect(rig.messagesTo("Account:g1:00")).toEqual([]);
  });

  it("S5: over while its mailbox was full is OverloadedError: certainly nothing happened", async () => {
    rig.world.refuse("Account:g1:00", true);
    const answer = watch(system.ref(Account, "alice").with({ timeout: "5s" }).deposit(1));
    await rig.advance(4_900);
    expect(answer.state).toBe("pending");
    await rig.advance(5_000);
    expect(answer.error).toBeInstanceOf(OverloadedError);
    expect(answer.error).toMatchObject({ effect: "none", scope: "mailbox", retryAfterMs: expect.any(Number) });
  });

  it("goes on while its mailbox is full, and the answer counts when there is room at last", async () => {
    rig.world.refuse("Account:g1:00", true);
    const answer = watch(system.ref(Account, "alice").with({ timeout: "10s" }).deposit(1));
    await rig.advance(6_000);
    expect(answer.state).toBe("pending");
    rig.world.refuse("Account:g1:00", false);
    await rig.advance(3_000);
    expect(answer).toMatchObject({ state: "resolved", value: 1 });
  });
});

describe("an ask withdrawn by its signal", () => {
  it("beforehand is not sent", async () => {
    const error = await refusalOf(
      system
        .ref(Account, "alice")
        .with({ signal: AbortSignal.abort("why") })
        .deposit(1),
    );
    expect(error).toBeInstanceOf(CancelledError);
    expect(error).toMatchObject({ effect: "none", cause: "why" });
    expect(rig.published).toEqual([]);
  });

  it("while it waits for its lane is not sent, and has no effect", async () => {
    const controller = new AbortController();
    const answer = watch(system.ref(Account, "alice").with({ signal: controller.signal }).deposit(1));
    controller.abort();
    await rig.settle();
    expect(answer.error).toMatchObject({ code: "CANCELLED", effect: "none" });
    expect(runs).toEqual([]);
  });

  it("while it waits behind a turn is not started", async () => {
    const controller = new AbortController();
    const alice = system.ref(Account, "alice");
    const first = watch(alice.slowly(1));
    const withdrawn = watch(alice.with({ signal: controller.signal }).deposit(10));
    await rig.settle();
    controller.abort();
    await rig.settle();
    expect(withdrawn.error).toBeInstanceOf(CancelledError);
    expect(withdrawn.error).toMatchObject({ effect: "unknown" });
    gate.open();
    await rig.settle();
    expect(first.value).toBe(1);
    expect(await alice.current()).toBe(1);
    expect(runs).toEqual(["slowly 1"]);
  });

  it("while it runs aborts the handler's self.signal", async () => {
    const controller = new AbortController();
    const answer = watch(system.ref(Account, "alice").with({ signal: controller.signal }).slowly(1));
    await rig.settle();
    expect(signals[0]!.aborted).toBe(false);
    controller.abort();
    await rig.settle();
    expect(answer.error).toBeInstanceOf(CancelledError);
    expect(signals[0]!.aborted).toBe(true);
    expect(signals[0]!.reason).toBeInstanceOf(NotStartedError);
  });

  it("withdraws no call of another process with the same number", async () => {
    const client = await rig.host([], { process: "client" });
    const controller = new AbortController();
    const first = watch(system.ref(Account, "alice").with({ signal: controller.signal }).slowly(1));
    const other = watch(client.ref(Account, "alice").slowly(2));
    await rig.settle();
    controller.abort();
    gate.open();
    expect((await other.end()).value).toBe(3);
    expect(first.state).toBe("rejected");
  });
});

describe("a deadlock is answered at once with the cycle spelled out", () => {
  it.each([
    ["an actor that asks itself", ["a"], "Relay/a → Relay/a"],
    ["two actors that ask each other", ["b", "a"], "Relay/a → Relay/b → Relay/a"],
    ["a longer way round", ["b", "c", "d", "b"], "Relay/b → Relay/c → Relay/d → Relay/b"],
  ])("for %s", async (_, keys, cycle) => {
    const error = await refusalOf(system.ref(Relay, "a").pass(keys));
    expect(error).toBeInstanceOf(DeadlockError);
    expect(error).toMatchObject({ message: `deadlock: ${cycle}`, effect: "none", data: { cycle: cycle.split(" → ") } });
  });

  it("through queries", async () => {
    const error = await refusalOf(system.ref(Relay, "a").look(["b", "a"]));
    expect(error.message).toBe("deadlock: Relay/a → Relay/b → Relay/a");
  });

  it("and everybody in the cycle can be asked again", async () => {
    await refusalOf(system.ref(Relay, "a").pass(["b", "a"]));
    expect(await system.ref(Relay, "a").pass(["b", "c"])).toBe("a>b>c");
  });

  it("while two chains that wait for each other both end by their time-out", async () => {
    const [a, b] = [
      watch(system.ref(Relay, "a").exchange("b", 2_000)),
      watch(system.ref(Relay, "b").exchange("a", 3_000)),
    ];
    await rig.settle();
    gate.open();
    await rig.advance(1_900);
    expect([a.state, b.state]).toEqual(["pending", "pending"]);
    await rig.advance(200);
    expect(a.error).toBeInstanceOf(AskTimeoutError);
    // With a's turn over, b's ask is answered.
    expect(b).toMatchObject({ state: "resolved", value: "a" });
  });
});

describe("asks made inside a turn", () => {
  it("leave at once and stay when the turn fails, and the turn run again gets their first answer", async () => {
    const answer = watch(system.ref(Relay, "r").with({ timeout: "20s" }).depositAt("alice", 5));
    await rig.settle();
    expect(runs).toEqual(["deposit 5", "between"]);
    await system.crash("Relay/r");
    gate.open();
    await rig.advance(11_000);
    expect(answer).toMatchObject({ state: "resolved", value: 5 });
    expect(runs).toEqual(["deposit 5", "between", "between"]);
  });
});

describe("a reply", () => {
  it("that nobody waits for any more is dropped", async () => {
    const alice = system.ref(Account, "alice");
    const answer = watch(alice.with({ timeout: "5s" }).slowly(1));
    await rig.advance(6_000);
    expect(answer.state).toBe("rejected");
    gate.open();
    await rig.settle();
    expect(rig.replies.flatMap(({ body }) => parseReplies(body))).toContainEqual(expect.objectContaining({ value: 1 }));
    expect(await alice.current()).toBe(1);
  });

  it("P13: that makes no sense ends no process", async () => {
    const answer = watch(system.ref(Account, "alice").slowly(1));
    await rig.settle();
    const [message] = rig.messagesTo("Account:g1:00");
    const replies = [
      "no JSON",
      "[1]",
      `[{"call":"${message!.call}x","value":1}]`,
      '[{"call":"99999999","value":1}]',
      `[{"call":"${message!.call}","value":{"$future":1}}]`,
    ];
    for (const body of replies) rig.stranger().reply(message!.replyTo!, new TextEncoder().encode(body));
    gate.open();
    await rig.settle();
    expect(rig.escaped).toEqual([]);
    expect(answer.state).not.toBe("pending");
    expect(await system.ref(Account, "bob").deposit(2)).toBe(2);
  });
});

it("an ask whose mailbox is not known yet fails when its system is closed, though the store never answers", async () => {
  const silent = (ports: Ports): Ports => {
    ports.store.namespace = () => new Promise(() => {});
    return ports;
  };
  const client = await rig.host([], { process: "client", ports: silent });
  const asked = watch(client.ref<{ read(): void }>("Unknown", "a").read());
  await rig.settle();
  expect(asked.state).toBe("pending");
  const closing = client.close({ drainTimeout: 0 });
  await rig.advance(1_000);
  await closing;
  expect(asked.error).toBeInstanceOf(ClosedError);
});
