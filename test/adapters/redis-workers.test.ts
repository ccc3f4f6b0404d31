import { afterAll, describe, expect, it } from "vitest";
import { someMember } from "../contracts/membership.contract.js";
import { unique } from "../contracts/samples.js";
import { services as shared } from "../services/services.js";
import { connected, deleteNamespaces } from "./redis/connect.js";
import { afterTest } from "./redis/scene.js";

await shared();

const namespaces = new Set<string>();

afterAll(() => deleteNamespaces(namespaces));

async function eight() {
  const namespace = unique("test");
  namespaces.add(namespace);
  const processes = await Promise.all(Array.from({ length: 8 }, () => connected({ namespace })));
  afterTest(() => Promise.all(processes.map(({ services }) => services.close())));
  return processes;
}

describe("eight workers that start at once", () => {
  it("make one record of their namespace", async () => {
    const records = await Promise.all((await eight()).map(({ store }) => store.namespace()));
    expect(new Set(records.map(({ storeId }) => storeId)).size).toBe(1);
    expect(records.map(({ generation }) => generation)).toEqual(records.map(() => 1));
  });

  it("learn the same number of partitions when each wants another, and one gets its own", async () => {
    const workers = await eight();
    const registered = await Promise.all(
      workers.map(({ store }, index) =>
        store.registerMailbox({ name: "Account", partitions: 8 + index, generation: 1 }, ["Account", `Type${index}`]),
      ),
    );
    const [{ partitions } = { partitions: 0 }] = registered;
    expect(registered).toEqual(registered.map(() => ({ name: "Account", partitions, generation: 1 })));
    expect(partitions).toBeGreaterThanOrEqual(8);
    const { mailboxes, types } = await workers[0]!.store.namespace();
    expect(mailboxes).toEqual({ Account: { partitions, generation: 1 } });
    expect(Object.keys(types)).toHaveLength(9);
  });

  it("P10: get each partition once when each wants all of them", async () => {
    const workers = await eight();
    const partitions = Array.from({ length: 32 }, (_, index) => `Account:g1:${10 + index}`);
    const grants = await Promise.all(
      workers.map(({ leases }, index) =>
        Promise.all(partitions.map((partition) => leases.acquire(partition, `w${index}`, 60_000))),
      ),
    );
    for (const index of partitions.keys()) {
      expect(grants.filter((granted) => "lease" in granted[index]!)).toHaveLength(1);
    }
  });

  it("agree on one placement for the view that has all of them", async () => {
    const workers = await eight();
    await Promise.all(workers.map(({ membership }, index) => membership.join(someMember(`w${index}`), 60_000)));
    const placed = await Promise.all(
      workers.map(async ({ membership }, index) => {
        const { version, members } = await membership.view();
        expect(members).toHaveLength(8);
        return membership.place("Account", 0, { view: version, owners: [`w${index}`], since: [1] });
      }),
    );
    expect(placed).toEqual(placed.map(() => placed[0]));
    expect(placed[0]).toMatchObject({ version: 1 });
  });
});
