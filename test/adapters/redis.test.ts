import { setTimeout as sleep } from "node:timers/promises";
import { afterAll } from "vitest";
import { leasesContract } from "../contracts/leases.contract.js";
import { membershipContract } from "../contracts/membership.contract.js";
import { unique } from "../contracts/samples.js";
import { storeContract } from "../contracts/store.contract.js";
import { services } from "../services/services.js";
import { clock, connected, deleteNamespaces } from "./redis/connect.js";

await services();

const namespaces = new Set<string>();

afterAll(() => deleteNamespaces(namespaces));

const timing = { ttlMs: 150, pass: (ms: number) => sleep(ms) };

async function twoProcesses() {
  const namespace = unique("test");
  namespaces.add(namespace);
  const [one, two] = await Promise.all([connected({ namespace }), connected({ namespace })]);
  const dispose = async (): Promise<void> => void (await Promise.all([one.services.close(), two.services.close()]));
  return { one, two, dispose };
}

storeContract("redis", async () => {
  const { one, two, dispose } = await twoProcesses();
  return { ...timing, port: one.store, other: two.store, leases: one.leases, retentionMs: 200, dispose };
});

leasesContract("redis", async () => {
  const { one, two, dispose } = await twoProcesses();
  return { ...timing, port: one.leases, other: two.leases, monotonic: () => clock.monotonic(), dispose };
});

membershipContract("redis", async () => {
  const { one, two, dispose } = await twoProcesses();
  const { membership: port } = one;
  return { ...timing, port, other: two.membership, now: () => clock.now(), toleranceMs: 100, dispose };
});
