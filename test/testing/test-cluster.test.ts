import { createHash } from "node:crypto";
import { Actor, ActorContext, Handler, inject, Query, State } from "actor-runtime";
import { type TestClusterOptions, testCluster } from "actor-runtime/testing";
import { describe, expect, it, onTestFinished } from "vitest";

@Actor("Account")
class Account {
  private readonly self = inject(ActorContext);
  @State() private balance = 0;

  @Handler() deposit(amount: number): number {
    return (this.balance += amount);
  }
  @Handler() payTo(other: string, amount: number): void {
    this.balance -= amount;
    this.self.ref(Account, other).tell.deposit(amount);
  }
  @Query() current(): number {
    return this.balance;
  }
}

async function bank(options: Partial<TestClusterOptions> = {}) {
  const cluster = await testCluster({ actors: [Account], ...options });
  onTestFinished(() => cluster.close());
  return { cluster, alice: cluster.ref(Account, "alice"), bob: cluster.ref(Account, "bob") };
}

describe("a cluster in a test", () => {
  it("answers calls as time moves", async () => {
    const { cluster, alice } = await bank();
    const began = cluster.now();
    expect(await cluster.until(alice.deposit(100))).toBe(100);
    expect(cluster.now() - began).toBeLessThan(100);
  });

  it("serves an account by another worker when its own is killed", async () => {
    const { cluster, alice } = await bank();
    await cluster.until(alice.deposit(100));
    const owner = cluster.owner("Account/alice")!;
    cluster.kill(owner);
    expect(await cluster.until(alice.deposit(1))).toBe(101);
    expect(cluster.owner("Account/alice")).not.toBe(owner);
  });

  it("has the same history for the same seed, and another for another", async () => {
    const history = async (seed: number) => {
      const hash = createHash("sha256");
      let calls = 0;
      const { cluster, alice, bob } = await bank({
        seed,
        trace: ({ atMs, process, call, args }) => {
          calls++;
          hash.update(`${atMs} ${process} ${call} ${JSON.stringify(args)}\n`);
        },
      });
      for (let round = 0; round < 20; round++) void alice.payTo("bob", 1);
      await cluster.advance("1s");
      cluster.kill("w1");
      cluster.freeze("w2");
      await cluster.advance("20s");
      cluster.wake("w2");
      await cluster.settle();
      expect(await cluster.until(bob.current())).toBe(20);
      await cluster.close();
      return { calls, digest: hash.digest("hex") };
    };
    const first = await history(7);
    expect(first.calls).toBeGreaterThan(300);
    expect(await history(7)).toEqual(first);
    expect(await history(8)).not.toEqual(first);
  });
});
