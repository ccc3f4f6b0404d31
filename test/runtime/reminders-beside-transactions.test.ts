import { Actor, ActorContext, Handler, inject, Query, State, Transactional } from "@actor-runtime/runtime";
import { testCluster } from "@actor-runtime/testing";
import { expect, it } from "vitest";

let open: () => void;
let gate: Promise<void>;

@Actor("Pair", { partitions: 1 })
class Pair {
  private readonly self = inject(ActorContext);
  @State() private got: string[] = [];

  @Handler() remind(): void {
    this.self.reminders.set("wake", { in: "500ms" }, "tick");
  }
  @Transactional()
  @Handler()
  async goLater(other: string): Promise<void> {
    await gate;
    await this.go(other);
  }
  @Transactional()
  @Handler()
  async go(other: string): Promise<void> {
    this.got.push(`went to ${other}`);
    await this.self.ref(Pair, other).take(this.self.key);
  }
  @Handler() take(from: string): void {
    this.got.push(`from ${from}`);
  }
  @Handler() tick(): void {
    this.got.push("tick");
  }
  @Query() all(): string[] {
    return this.got;
  }
}

it("P9: an older transaction passes a tick that waits behind a younger one, which else gave way in vain until its time ran out", async () => {
  gate = new Promise((resolve) => {
    open = resolve;
  });
  await using cluster = await testCluster({ actors: [Pair], workers: 1 });
  const [a, b] = [cluster.ref(Pair, "a"), cluster.ref(Pair, "b")];
  await cluster.until(b.remind());
  await cluster.until(a.tell.goLater("b"));
  await cluster.advance(100);
  await cluster.until(b.tell.go("a"));
  // The tick waits by now.
  await cluster.advance(1_000);
  open();
  await cluster.advance(500);
  expect(await cluster.until(b.all())).toEqual(expect.arrayContaining(["from a", "tick", "went to a"]));
  expect(await cluster.until(a.all())).toEqual(["went to b", "from b"]);
});
