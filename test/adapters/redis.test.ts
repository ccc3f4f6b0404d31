import { setTimeout as sleep } from "node:timers/promises";
import { SilentTelemetry, SystemClock, SystemRandom } from "@actor-runtime/embedded";
import { RedisServices } from "@actor-runtime/redis";
import { leasesContract } from "../contracts/leases.contract.js";
import { membershipContract } from "../contracts/membership.contract.js";
import { unique } from "../contracts/samples.js";
import { storeContract } from "../contracts/store.contract.js";

const url = process.env.REDIS_URL!;
const clock = new SystemClock();
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

async function twoProcesses() {
  const options = { urls: url, namespace: unique("test"), clock, random: new SystemRandom(), telemetry: new SilentTelemetry(), log };
  const [one, two] = await Promise.all([RedisServices.connect(options), RedisServices.connect(options)]);
  return { one, two, pass: (ms: number) => sleep(ms), dispose: async () => { await one.close(); await two.close(); } };
}

storeContract("redis", async () => {
  const { one, two, pass, dispose } = await twoProcesses();
  const { store: port, leases } = one;
  return { port, other: two.store, leases, ttlMs: 100, retentionMs: 200, pass, dispose };
});

leasesContract("redis", async () => {
  const { one, two, pass, dispose } = await twoProcesses();
  return { port: one.leases, other: two.leases, ttlMs: 100, monotonic: () => clock.monotonic(), pass, dispose };
});

membershipContract("redis", async () => {
  const { one, two, pass, dispose } = await twoProcesses();
  const { membership: port } = one;
  return { port, other: two.membership, ttlMs: 100, now: () => clock.now(), toleranceMs: 50, pass, dispose };
});
