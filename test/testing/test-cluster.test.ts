import { createHash } from "node:crypto";
import { Actor, ActorContext, ConfigError, Handler, inject, Query, RejectedError, State } from "actor-runtime";
import { type TestClusterOptions, type TracedCall, testCluster } from "actor-runtime/testing";
import { Service } from "typedi";
import { describe, expect, it, onTestFinished } from "vitest";

/** Says when a deposit may go on; a test puts its own in its place. */
@Service()
class Vault {
  async opened(): Promise<void> {}
}

@Actor("Account")
class Account {
  private readonly self = inject(ActorContext);
  private readonly vault = inject(Vault);
  @State() private balance = 0;
  private visits = 0;

  @Handler() deposit(amount: number): number {
    return (this.balance += amount);
  }
  @Handler() async depositSafely(amount: number): Promise<number> {
    await this.vault.opened();
    return (this.balance += amount);
  }
  @Handler() withdraw(amount: number): number {
    if (amount > this.balance) throw new RejectedError("insufficient funds", { code: "INSUFFICIENT_FUNDS" });
    return (this.balance -= amount);
  }
  @Handler() payTo(other: string, amount: number): void {
    this.balance -= amount;
    this.self.ref(Account, other).tell.deposit(amount);
  }
  @Handler() visit(): number {
    return ++this.visits;
  }
  @Query() current(): number {
    return this.balance;
  }
  @Query() time(): number {
    return this.self.now();
  }
}

@Actor("Invoice")
class Invoice {
  @Handler() print(): string {
    return "printed";
  }
}

async function bank(options: Partial<TestClusterOptions> = {}) {
  const cluster = await testCluster({ actors: [Account], ...options });
  onTestFinished(() => cluster.close());
  const alice = cluster.ref(Account, "alice");
  const owner = () => cluster.owner("Account/alice")!;
  /** What a call of alice takes of the cluster's time. */
  const timed = async (call: Promise<unknown>) => {
    const began = cluster.now();
    await cluster.until(call);
    return cluster.now() - began;
  };
  return { cluster, alice, bob: cluster.ref(Account, "bob"), owner, timed };
}

/** How many partitions of accounts each worker holds. */
function shares(cluster: Awaited<ReturnType<typeof bank>>["cluster"]): Record<string, number> {
  const counts: Record<string, number> = {};
  // More keys than partitions, so that each is met.
  const owners = new Set(
    Array.from({ length: 400 }, (_, n) => `${cluster.partitionOf(`Account/${n}`)} ${cluster.owner(`Account/${n}`)}`),
  );
  for (const entry of owners) {
    const owner = entry.split(" ")[1]!;
    counts[owner] = (counts[owner] ?? 0) + 1;
  }
  return counts;
}

describe("a cluster in a test", () => {
  it("answers calls as time moves, which is a few milliseconds", async () => {
    const { alice, timed } = await bank();
    expect(await timed(alice.deposit(100))).toBeLessThan(110);
  });

  it("stands still while the test does not move it", async () => {
    const { cluster, alice } = await bank();
    const began = cluster.now();
    const call = alice.deposit(100);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(cluster.now()).toBe(began);
    expect(await cluster.until(call)).toBe(100);
  });

  it("starts where it is told, with the workers it is told, each with its share", async () => {
    const start = Date.UTC(2030, 4, 1);
    const { cluster } = await bank({ start, workers: ["amsterdam", "berlin"] });
    expect(cluster.now() - start).toBeLessThan(20_000);
    expect(cluster.workers).toMatchObject([
      { name: "amsterdam", state: "running", cutOff: undefined },
      { name: "berlin", state: "running", cutOff: undefined },
    ]);
    expect(shares(cluster)).toEqual({ amsterdam: 8, berlin: 8 });
  });

  it("settles once everything told was handled, with what that told in turn", async () => {
    const { cluster, alice, bob } = await bank();
    await cluster.until(alice.tell.payTo("bob", 30));
    await cluster.settle();
    expect(await cluster.until(bob.current())).toBe(30);
    expect(cluster.sent.map(({ to, kind, handler }) => `${kind} ${to}.${handler}`)).toEqual([
      "tell Account/alice.payTo",
      "tell Account/bob.deposit",
      "query Account/bob.current",
    ]);
  });

  it("shows dead letters with their cause", async () => {
    const { cluster, alice } = await bank();
    await cluster.until(alice.tell.withdraw(5));
    await cluster.settle();
    expect(cluster.deadLetters).toMatchObject([{ address: "Account/alice", handler: "withdraw", args: [5] }]);
    expect(cluster.deadLetters[0]?.cause).toMatchObject({ code: "INSUFFICIENT_FUNDS" });
  });

  it("has as many clients as a test wants", async () => {
    const { cluster, alice } = await bank();
    const shop = await cluster.client("shop");
    await cluster.until(Promise.all([alice.deposit(1), shop.ref(Account, "alice").deposit(2)]));
    expect(await cluster.until(alice.current())).toBe(3);
  });

  it("passes on what a call fails with", async () => {
    const { cluster, alice } = await bank();
    await expect(cluster.until(alice.withdraw(1))).rejects.toThrow(RejectedError);
  });
});

describe("the same seed", () => {
  async function history(seed: number) {
    const hash = createHash("sha256");
    let calls = 0;
    const trace = ({ atMs, process, call, args }: TracedCall) => {
      calls++;
      hash.update(`${atMs} ${process} ${call} ${JSON.stringify(args)}\n`);
    };
    const { cluster, alice, bob } = await bank({ seed, trace });
    for (let round = 0; round < 20; round++) void alice.payTo("bob", 1);
    await cluster.advance("1s");
    cluster.kill("w1");
    cluster.freeze("w2");
    cluster.partition("w3", "store");
    await cluster.advance("12s");
    cluster.heal("w3");
    await cluster.advance("8s");
    cluster.wake("w2");
    await cluster.restart("w1");
    await cluster.settle();
    expect(await cluster.until(bob.current())).toBe(20);
    return { calls, digest: hash.digest("hex") };
  }

  it("gives the same history, to the byte and the microsecond, whatever else runs; another seed gives another", async () => {
    const [first, again, other] = await Promise.all([history(7), history(7), history(8)]);
    expect(first.calls).toBeGreaterThan(500);
    expect(again).toEqual(first);
    expect(other.digest).not.toBe(first.digest);
    expect(await history(7)).toEqual(first);
  });
});

describe("a worker that is killed", () => {
  it("is replaced once its lease has run out, and nothing is lost", async () => {
    const { cluster, alice, owner, timed } = await bank();
    await cluster.until(alice.deposit(100));
    const before = owner();
    cluster.kill(before);
    expect(await timed(alice.deposit(1))).toBeGreaterThan(5_000);
    expect(owner()).not.toBe(before);
    expect(await cluster.until(alice.current())).toBe(101);
    expect(cluster.workers.find(({ name }) => name === before)?.state).toBe("killed");
  });

  it("never gets further: what it was about to do is done by another", async () => {
    const opened: (() => void)[] = [];
    const vault = { opened: () => new Promise<void>((resolve) => opened.push(resolve)) };
    const { cluster, alice, owner } = await bank({ provide: [[Vault, vault]] });
    const call = alice.depositSafely(5);
    await cluster.advance("1s");
    const before = owner();
    cluster.kill(before);
    opened[0]!();
    await cluster.advance("20s");
    expect(opened).toHaveLength(2);
    opened[1]!();
    expect(await cluster.until(call)).toBe(5);
  });

  it("has sent what it sent: a message on its way arrives", async () => {
    const { cluster, alice } = await bank();
    const shop = await cluster.client("shop");
    const order = shop.ref(Account, "alice");
    await cluster.until(order.deposit(1));
    void order.tell.deposit(10);
    await cluster.advance(0);
    cluster.kill("shop");
    await cluster.settle();
    expect(await cluster.until(alice.current())).toBe(11);
  });

  it("sends nothing from then on", async () => {
    const { cluster, alice } = await bank();
    const shop = await cluster.client("shop");
    const order = shop.ref(Account, "alice");
    await cluster.until(order.deposit(1));
    void order.tell.deposit(10);
    cluster.kill("shop");
    void order.tell.deposit(100);
    await cluster.settle();
    expect(await cluster.until(alice.current())).toBe(1);
  });
});

describe("a frozen worker", () => {
  it("answers when it wakes, if that is before its lease ends", async () => {
    const { cluster, alice, owner } = await bank();
    await cluster.until(alice.deposit(1));
    const before = owner();
    cluster.freeze(before);
    const call = alice.deposit(1);
    await cluster.advance("5s");
    cluster.wake(before);
    expect(await cluster.until(call, { within: "1s" })).toBe(2);
    expect(owner()).toBe(before);
    expect(await cluster.until(alice.visit())).toBe(1);
  });

  it("is a zombie when it wakes later: another has its accounts, and its commit is refused", async () => {
    const calls: TracedCall[] = [];
    const { cluster, alice, owner } = await bank({ trace: (call) => calls.push(call) });
    await cluster.until(alice.deposit(100));
    const before = owner();
    cluster.freeze(before);
    // It gets this one, does not know of the other owner, and handles it when it wakes.
    const late = alice.deposit(1);
    expect(await cluster.until(late)).toBe(101);
    expect(owner()).not.toBe(before);
    const woke = calls.length;
    cluster.wake(before);
    await cluster.advance("1s");
    const commits = calls
      .slice(woke)
      .filter(({ process, call }) => process === before && call === "store.commit ended");
    expect(commits.map(({ args }) => args[0])).toContain("fenced");
    expect(await cluster.until(alice.current())).toBe(101);
  });

  it("loses its connection to the broker after three heartbeats, and has it again soon after it woke", async () => {
    const { cluster, alice, owner } = await bank({ workers: 1, limits: { leaseMs: 60_000 } });
    await cluster.until(alice.deposit(1));
    cluster.freeze("w1");
    await cluster.advance("14s");
    cluster.wake("w1");
    expect(await cluster.until(alice.visit(), { within: "1s" })).toBe(1);
    cluster.freeze("w1");
    await cluster.advance("16s");
    cluster.wake("w1");
    // Its channels are gone, and so is what it had in memory.
    expect(await cluster.until(alice.visit(), { within: "5s" })).toBe(1);
    expect(owner()).toBe("w1");
  });

  it("may be killed", async () => {
    const { cluster, alice, owner } = await bank();
    cluster.freeze(owner());
    cluster.kill(owner());
    expect(await cluster.until(alice.deposit(1))).toBe(1);
  });
});

describe("a client that is frozen", () => {
  it("has its answer when it wakes", async () => {
    const { cluster, alice } = await bank();
    await cluster.until(alice.deposit(1));
    const call = alice.deposit(1);
    cluster.freeze("client");
    await expect(cluster.until(call, { within: "5s" })).rejects.toThrow(
      "the promise did not settle within 5s of the cluster's time; client is frozen, w1 is running, w2 is running, w3 is running",
    );
    cluster.wake("client");
    expect(await cluster.until(call, { within: "1s" })).toBe(2);
  });
});

describe("a worker that is cut off", () => {
  it.each(["store", "broker", "both"] as const)(
    "from the %s is replaced, and comes back when it is healed",
    async (half) => {
      const { cluster, alice, owner } = await bank();
      await cluster.until(alice.deposit(100));
      const before = owner();
      cluster.partition(before, half);
      expect(cluster.workers.find(({ name }) => name === before)).toMatchObject({
        name: before,
        state: "running",
        cutOff: half,
      });
      expect(await cluster.until(alice.deposit(1))).toBe(101);
      expect(owner()).not.toBe(before);
      await cluster.advance("30s");
      cluster.heal(before);
      await cluster.balanced();
      expect(shares(cluster)[before]).toBeGreaterThanOrEqual(5);
      expect(await cluster.until(alice.deposit(1))).toBe(102);
    },
  );

  it("may be healed one half after the other by name", async () => {
    const { cluster } = await bank();
    cluster.partition("w1", "broker");
    cluster.partition("w1", "store");
    expect(cluster.workers[0]).toMatchObject({ cutOff: "both" });
    cluster.heal("w1");
    expect(cluster.workers[0]).toMatchObject({ cutOff: undefined });
  });
});

describe("a worker whose connection stalls", () => {
  it("goes on late when it is healed in time", async () => {
    const { cluster, alice, owner } = await bank();
    await cluster.until(alice.visit());
    const before = owner();
    cluster.stall(before, "store");
    const call = alice.deposit(1);
    await expect(cluster.until(call, { within: "2s" })).rejects.toThrow(
      `${before} is running and cut off from the store`,
    );
    cluster.heal(before);
    expect(await cluster.until(call, { within: "100ms" })).toBe(1);
    expect(await cluster.until(alice.visit())).toBe(2);
  });

  it("does not know whether its commit was done when only the answer is lost, and asks again", async () => {
    const calls: TracedCall[] = [];
    const latency = { minMs: 1, maxMs: 1, slowPerMille: 0 };
    const { cluster, alice, owner } = await bank({ trace: (call) => calls.push(call), latency });
    await cluster.until(alice.visit());
    calls.length = 0;
    const commits = () => calls.filter(({ process, call }) => process === owner() && call.startsWith("store.commit"));
    const deposit = alice.deposit(1);
    while (commits().length === 0) await cluster.advance(0.1);
    await cluster.advance(1.5);
    cluster.stall(owner(), "store");
    await cluster.advance("3s");
    cluster.heal(owner());
    expect(await cluster.until(deposit)).toBe(1);
    expect(commits()[1]).toMatchObject({ call: "store.commit failed" });
    expect(commits().at(-1)).toMatchObject({ call: "store.commit ended", args: ["already"] });
  });

  it("is replaced when it is not", async () => {
    const { cluster, alice, owner } = await bank();
    await cluster.until(alice.deposit(1));
    const before = owner();
    cluster.stall(before);
    expect(await cluster.until(alice.deposit(1))).toBe(2);
    expect(owner()).not.toBe(before);
    cluster.heal(before);
    await cluster.balanced();
    expect(await cluster.until(alice.deposit(1))).toBe(3);
  });

  it("leaves its queues after the heartbeats when it is killed meanwhile", async () => {
    const { cluster, alice, owner, timed } = await bank();
    await cluster.until(alice.deposit(1));
    cluster.stall(owner());
    cluster.kill(owner());
    expect(await timed(alice.deposit(1))).toBeGreaterThan(14_000);
    expect(await cluster.until(alice.current())).toBe(2);
  });
});

describe("workers that come and go", () => {
  it("get their share when they start", async () => {
    const { cluster } = await bank();
    await cluster.start("w4");
    await cluster.balanced();
    expect(shares(cluster)).toEqual({ w1: 4, w2: 4, w3: 4, w4: 4 });
  });

  it("get one by their weight", async () => {
    const { cluster } = await bank({ workers: 1 });
    await cluster.start("big", { weight: 3 });
    await cluster.balanced();
    expect(shares(cluster)).toEqual({ w1: 4, big: 12 });
  });

  it("host what they are told to", async () => {
    const { cluster } = await bank();
    await cluster.start("printer", { actors: [Invoice] });
    await cluster.balanced();
    expect(await cluster.until(cluster.ref(Invoice, "1").print())).toBe("printed");
    expect(cluster.owner("Invoice/1")).toBe("printer");
  });

  it("hand over when they drain, and no call has to wait for a lease", async () => {
    const { cluster, alice, owner, timed } = await bank();
    await cluster.until(alice.deposit(100));
    const before = owner();
    const drained = cluster.drain(before);
    let longestMs = 0;
    for (let call = 0; call < 50; call++) longestMs = Math.max(longestMs, await timed(alice.deposit(1)));
    await drained;
    expect(longestMs).toBeLessThan(1_000);
    expect(owner()).not.toBe(before);
    expect(cluster.workers.find(({ name }) => name === before)?.state).toBe("stopped");
    expect(await cluster.until(alice.current())).toBe(150);
  });

  it("restart under their name, with nothing in memory", async () => {
    const { cluster, alice } = await bank({ workers: 1 });
    await cluster.until(alice.deposit(1));
    expect(await cluster.until(alice.visit())).toBe(1);
    expect(await cluster.until(alice.visit())).toBe(2);
    await cluster.restart("w1");
    expect(await cluster.until(alice.visit())).toBe(1);
    expect(await cluster.until(alice.current())).toBe(1);
    expect(cluster.workers).toMatchObject([{ name: "w1", state: "running", cutOff: undefined }]);
  });

  it("restart after they drained, with other options", async () => {
    const { cluster } = await bank({ workers: 2 });
    await cluster.drain("w2");
    await cluster.restart("w2", { weight: 3 });
    await cluster.balanced();
    expect(shares(cluster)).toEqual({ w1: 4, w2: 12 });
  });
});

describe("a worker", () => {
  it("is given things of its own, with a clock that stands still while it is frozen", async () => {
    const given: string[] = [];
    const { cluster, alice, owner } = await bank({
      provide: ({ name, clock }) => {
        given.push(name);
        return [[Vault, { opened: () => new Promise<void>((resolve) => void clock.after(1_000, resolve)) }]];
      },
    });
    expect(given).toEqual(["w1", "w2", "w3"]);
    let done = false;
    void alice.depositSafely(5).then(() => (done = true));
    await cluster.advance(500);
    const frozen = owner();
    cluster.freeze(frozen);
    await cluster.advance("2s");
    expect(done).toBe(false);
    cluster.wake(frozen);
    await cluster.advance(100);
    expect(done).toBe(true);
  });

  it("leaves no timer when it has drained, whatever it was about to do", async () => {
    const { cluster, alice, owner } = await bank();
    const drained = owner();
    await cluster.until(Promise.all([alice.deposit(5), alice.tell.payTo("bob", 1)]));
    expect(cluster.workers.find(({ name }) => name === drained)!.timers).toBeGreaterThan(0);
    await cluster.drain(drained);
    expect(cluster.workers.find(({ name }) => name === drained)).toMatchObject({ state: "stopped", timers: 0 });
  });
});

describe("other faults", () => {
  it("set a worker's wall clock", async () => {
    const { cluster, alice, owner } = await bank();
    cluster.skew(owner(), 90_000);
    expect((await cluster.until(alice.time())) - cluster.now()).toBeGreaterThan(89_000);
    cluster.skew(owner(), -90_000);
    expect(Math.abs((await cluster.until(alice.time())) - cluster.now())).toBeLessThan(1_000);
  });

  it("lose a reply queue with the answers on their way to it: the caller asks again", async () => {
    const { cluster, alice } = await bank({ latency: { minMs: 5, maxMs: 5, slowPerMille: 0 } });
    await cluster.until(alice.current());
    const answer = alice.deposit(5);
    await cluster.advance(32);
    cluster.reopenReplies("client");
    expect(await cluster.until(answer)).toBe(5);
    expect(await cluster.until(alice.current())).toBe(5);
  });

  it("are made by whoever puts something else in the place of a port", async () => {
    let refused = 0;
    const { cluster, alice } = await bank({
      ports: ({ broker, ...ports }, process) => ({
        ...ports,
        broker: {
          ...broker,
          publish: (to, frame) => {
            if (process !== "client" || refused === 3) return broker.publish(to, frame);
            refused += 1;
            return Promise.resolve("refused");
          },
          consume: (...args) => broker.consume(...args),
          openReplies: (listener) => broker.openReplies(listener),
          reply: (to, body) => broker.reply(to, body),
        },
      }),
    });
    expect(await cluster.until(alice.deposit(5))).toBe(5);
    expect(refused).toBe(3);
  });

  it("cut channels: the partition is taken anew", async () => {
    const { cluster, alice, bob } = await bank({ workers: 1 });
    await cluster.until(Promise.all([alice.visit(), bob.visit()]));
    cluster.cutChannels("Account/alice");
    expect(await cluster.until(alice.visit())).toBe(1);
    expect(await cluster.until(bob.visit())).toBe(2);
    cluster.cutChannels();
    expect(await cluster.until(bob.visit())).toBe(1);
  });

  it("lose confirms: a tell is published again, and takes effect once", async () => {
    const { cluster, alice } = await bank();
    cluster.loseConfirms(2);
    await cluster.until(alice.tell.deposit(5));
    await cluster.settle();
    expect(await cluster.until(alice.current())).toBe(5);
  });

  it("fill a mailbox, until it has room", async () => {
    const { cluster, alice } = await bank();
    await cluster.until(alice.current());
    cluster.refuse("Account/alice", true);
    const call = alice.deposit(1);
    await expect(cluster.until(call, { within: "10s" })).rejects.toThrow("did not settle");
    cluster.refuse("Account/alice", false);
    expect(await cluster.until(call, { within: "5s" })).toBe(1);
  });

  it.each(["before", "after"] as const)("fail commits %s they are written: each takes effect once", async (mode) => {
    const { cluster, alice } = await bank();
    await cluster.until(alice.current());
    cluster.failCommits(3, mode);
    expect(await cluster.until(alice.deposit(5))).toBe(5);
    expect(await cluster.until(alice.deposit(5))).toBe(10);
  });

  it("put a backup back: what was committed since is lost, and the accounts go on", async () => {
    const { cluster, alice } = await bank();
    await cluster.until(alice.deposit(1));
    const restore = cluster.backup();
    await cluster.until(alice.deposit(10));
    restore();
    await cluster.advance("10s");
    expect(await cluster.until(alice.deposit(100))).toBe(101);
  });
});

describe("mistakes in a test", () => {
  it("are named: who there is none of, or is in no state for it", async () => {
    const { cluster } = await bank({ workers: 2 });
    expect(() => cluster.kill("w9")).toThrow("there is no process named w9; there are client, w1, w2");
    expect(() => cluster.wake("w1")).toThrow("w1 is running, not frozen");
    expect(() => cluster.heal("w1")).toThrow("w1 is not cut off from anything");
    await expect(cluster.start("w1")).rejects.toThrow("there is a process named w1 already, it is running");
    await expect(cluster.client("w1")).rejects.toThrow("there is a process named w1 already");
    await expect(cluster.drain("client")).rejects.toThrow("client is a client, not a worker");
    await expect(cluster.restart("client")).rejects.toThrow("client is a client, not a worker");
    expect(() => cluster.owner("Invoice/1")).toThrow('no worker hosts "Invoice"; they host Account');

    cluster.freeze("w1");
    expect(() => cluster.freeze("w1")).toThrow("w1 is frozen already");
    await expect(cluster.drain("w1")).rejects.toThrow("w1 cannot drain: it is frozen");
    cluster.kill("w1");
    expect(() => cluster.kill("w1")).toThrow("w1 cannot be killed: it is killed");
    expect(() => cluster.freeze("w1")).toThrow("w1 cannot be frozen: it is killed");
    expect(() => cluster.wake("w1")).toThrow("w1 is killed, not frozen");
    expect(() => cluster.partition("w1")).toThrow("w1 cannot be cut off: it is killed");
  });

  it("do not hang: a promise that never settles, a cluster that cannot", async () => {
    const { cluster, alice } = await bank({ workers: 1 });
    await cluster.until(alice.current());
    await expect(cluster.until(new Promise(() => {}))).rejects.toThrow(
      "did not settle within 2m of the cluster's time",
    );
    cluster.freeze("w1");
    await cluster.until(alice.tell.deposit(1));
    await expect(cluster.settle({ within: "30s" })).rejects.toThrow(
      /does not settle: messages wait in Account:g1:\d\d; .*w1 is frozen/,
    );
    await expect(cluster.balanced({ within: "30s" })).rejects.toThrow(
      /does not share its partitions out: Account:g1:\d\d/,
    );
  });

  it("are told when the cluster starts: actors that cannot be hosted, a worker that was killed meanwhile", async () => {
    class Plain {
      readonly decorated = false;
    }
    await expect(testCluster({ actors: [Plain] })).rejects.toThrow(ConfigError);
    const { cluster } = await bank();
    const started = cluster.start("w4");
    cluster.kill("w4");
    await expect(started).rejects.toThrow("w4 was killed before it ran");
  });
});
