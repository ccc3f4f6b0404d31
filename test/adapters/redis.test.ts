import { setTimeout as sleep } from "node:timers/promises";
import { leasesContract } from "../contracts/leases.contract.js";
import { membershipContract } from "../contracts/membership.contract.js";
import { unique } from "../contracts/samples.js";
import { storeContract } from "../contracts/store.contract.js";
import { clock, connected, deleteNamespace } from "./redis/connect.js";

const timing = { ttlMs: 150, pass: (ms: number) => sleep(ms) };

async function twoProcesses() {
  const namespace = unique("test");
  const [one, two] = await Promise.all([connected({ namespace }), connected({ namespace })]);
  const dispose = async (): Promise<void> => {
    await Promise.all([one.services.close(), two.services.close()]);
    await deleteNamespace(namespace);
  };
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
