import { Actor, ActorContext, Handler, inject, Query, State } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Rig, watch } from "./support.js";

let charges: (string | undefined)[];

/** What everybody asks for the same. */
@Actor("Stock", { partitions: 1 })
class Stock {
  @State() private taken = 0;

  @Handler() take(pieces: number): number {
    return (this.taken += pieces);
  }
  @Query() count(): number {
    return this.taken;
  }
}

@Actor("Shop", { partitions: 4 })
class Shop {
  private readonly self = inject(ActorContext);

  @Handler() async order(): Promise<void> {
    charges.push(this.self.idempotencyKey);
    await this.self.ref(Stock, "main").take(1);
  }
}

@Actor("Desk", { partitions: 1 })
class Desk {
  private readonly self = inject(ActorContext);

  @Handler() orderIn(shops: string[]): void {
    for (const shop of shops) this.self.ref(Shop, shop).tell.order();
  }
}

/** Keys that lie in four partitions. */
const shops = ["a", "b", "c", "d", "e", "f", "g", "h"];

beforeEach(() => {
  charges = [];
});

describe("P2: the identity of a message counts for its own actor", () => {
  it("what two actors told in one turn ask of a third is done for each, though their numbers are the same", async () => {
    const rig = new Rig();
    const system = await rig.host([Desk, Shop, Stock]);
    await system.ref(Desk, "front").orderIn(shops);
    await rig.advance(1_000);
    expect(await system.ref(Stock, "main").count()).toBe(shops.length);
  });

  it("what two actors asked with one key ask of a third is done for each", async () => {
    const rig = new Rig();
    const system = await rig.host([Shop, Stock]);
    for (const shop of shops) await system.ref(Shop, shop).with({ idempotencyKey: "order-17" }).order();
    expect(await system.ref(Stock, "main").count()).toBe(shops.length);
  });

  it("what two actors told in one turn charge outside is charged for each, though their numbers are the same", async () => {
    const rig = new Rig();
    const system = await rig.host([Desk, Shop, Stock]);
    await system.ref(Desk, "front").orderIn(shops);
    await rig.advance(1_000);
    expect(new Set(charges).size).toBe(shops.length);
  });
});

describe("P2: an ask that waits for longer than answers are kept", () => {
  it("is not done again by its repeat when the answer was lost: its caller learns that nobody knows", async () => {
    const rig = new Rig();
    let lost = false;
    const system = await rig.host([Stock], {
      ports: ({ broker, ...ports }) => {
        const reply: typeof broker.reply = (to, body) => void (lost || broker.reply(to, body));
        return { ...ports, broker: { ...broker, reply } };
      },
    });
    const client = await rig.host([], { process: "client" });
    lost = true;
    const taken = watch(client.ask({ address: "Stock/main", handler: "take", args: [1], timeout: "10m" }));
    for (let i = 0; i < 5; i++) {
      await rig.advance(125_000);
      lost = false;
      await system.ref(Stock, "other").take(1);
    }
    expect(await system.ref(Stock, "main").count()).toBe(1);
    expect(taken.error?.effect).toBe("unknown");
  });

  it("is done again if it is a query, whatever its caller took it for", async () => {
    const rig = new Rig();
    let lost = true;
    await rig.host([Stock], {
      ports: ({ broker, ...ports }) => {
        const reply: typeof broker.reply = (to, body) => void (lost || broker.reply(to, body));
        return { ...ports, broker: { ...broker, reply } };
      },
    });
    const client = await rig.host([], { process: "client" });
    const counted = watch(client.ask({ address: "Stock/main", handler: "count", args: [], timeout: "20s" }));
    await rig.advance(5_000);
    lost = false;
    await rig.advance(10_000);
    expect(counted.value).toBe(0);
  });
});
