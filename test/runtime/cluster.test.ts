import { Actor, type ClusterDescription, Handler } from "@actor-runtime/runtime";
import { describe, expect, it } from "vitest";
import { Rig } from "./support.js";

@Actor("Parcel", { partitions: 4 })
class Parcel {
  @Handler() send(): void {}
}

/** Shares a mailbox with the next. */
@Actor("Invoice", { partitions: 2, mailbox: "orders" })
class Invoice {
  @Handler() pay(): void {}
}

@Actor("Order", { partitions: 2, mailbox: "orders" })
class Order {
  @Handler() place(): void {}
}

const mailboxesOf = ({ mailboxes }: ClusterDescription) =>
  mailboxes.map(({ mailbox, types, holders }) => ({
    mailbox: mailbox.name,
    types,
    holders: holders.map((holder) => holder?.worker),
  }));

describe("system.cluster", () => {
  it("shows who is alive, which mailboxes there are, and who holds each partition", async () => {
    const rig = new Rig();
    const worker = await rig.host([Parcel, Order, Invoice], { workerId: "w1" });
    const described = await worker.cluster.describe();
    expect(described.view.members).toMatchObject([
      { id: "w1", types: ["Parcel", "Order", "Invoice"], state: "ready", joinedAt: rig.clock.now() },
    ]);
    expect(mailboxesOf(described)).toEqual([
      { mailbox: "Parcel", types: ["Parcel"], holders: ["w1", "w1", "w1", "w1"] },
      { mailbox: "orders", types: ["Invoice", "Order"], holders: ["w1", "w1"] },
    ]);
  });

  it("shows the fence and the rest of each lease", async () => {
    const rig = new Rig();
    const worker = await rig.host([Parcel]);
    const [parcel] = (await worker.cluster.describe()).mailboxes;
    for (const holder of parcel!.holders) {
      expect(holder).toMatchObject({ fence: expect.any(Number), remainingMs: expect.any(Number) });
      expect(holder!.remainingMs).toBeGreaterThan(0);
    }
  });

  it("is the same for a process that hosts nothing", async () => {
    const rig = new Rig();
    const worker = await rig.host([Parcel], { workerId: "w1" });
    const client = await rig.host([], { process: "client" });
    expect(await client.cluster.describe()).toEqual(await worker.cluster.describe());
  });

  it("keeps types and mailboxes whose last worker is gone, held by nobody", async () => {
    const rig = new Rig();
    const worker = await rig.host([Parcel]);
    const client = await rig.host([], { process: "client" });
    await worker.close();
    const described = await client.cluster.describe();
    expect(described.view.members).toEqual([]);
    expect(mailboxesOf(described)).toEqual([
      { mailbox: "Parcel", types: ["Parcel"], holders: [undefined, undefined, undefined, undefined] },
    ]);
  });

  it("shows the placement in effect, once there is one", async () => {
    const rig = new Rig();
    const client = await rig.host([], { process: "client" });
    const { membership, store } = rig.world.connect("placer");
    await store.registerMailbox({ name: "Parcel", generation: 1, partitions: 2 }, ["Parcel"]);
    expect((await client.cluster.describe()).mailboxes[0]).toMatchObject({ placement: undefined });
    const { version: view } = await membership.view();
    const placed = await membership.place("Parcel", 0, { view, owners: ["w1", undefined], since: [1, 1] });
    expect((await client.cluster.describe()).mailboxes[0]!.placement).toEqual(placed);
  });

  it("fails with the error of the store when that cannot be asked", async () => {
    const rig = new Rig();
    const client = await rig.host([], {
      process: "client",
      ports: (ports) => ({
        ...ports,
        membership: { ...ports.membership, view: () => Promise.reject(new Error("the store is away")) },
      }),
    });
    await expect(client.cluster.describe()).rejects.toThrow("the store is away");
  });
});
