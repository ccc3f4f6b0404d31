import { setTimeout as sleep } from "node:timers/promises";
import { afterAll } from "vitest";
import { leasesContract } from "../contracts/leases.contract.js";
import { lockLeasesContract } from "../contracts/lock-leases.contract.js";
import { membershipContract } from "../contracts/membership.contract.js";
import { unique } from "../contracts/samples.js";
import { storeContract } from "../contracts/store.contract.js";
import { services } from "../services/services.js";
import { clock, connected, deleteNamespaces } from "./redis/connect.js";

await services();

const namespaces = new Set<string>();

afterAll(() => deleteNamespaces(namespaces));

// A timer of Node may go off up to 1 ms early.
const timing = { ttlMs: 150, pass: (ms: number) => sleep(ms + 1) };

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

lockLeasesContract("redis", async () => {
  const { one, two, dispose } = await twoProcesses();
  const { namespace, locks: port } = one;
  const forget = () => deleteNamespaces(new Set([namespace]));
  return { ...timing, port, other: two.locks, monotonic: () => clock.monotonic(), forget, dispose };
});

membershipContract("redis", async () => {
  const { one, two, dispose } = await twoProcesses();
  const { membership: port } = one;
  const { membership: other, leases } = two;
  const marker = (text: string) => text;
  return { ...timing, port, other, leases, marker, now: () => clock.now(), toleranceMs: 100, dispose };
});
