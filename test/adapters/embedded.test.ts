import { setTimeout as sleep } from "node:timers/promises";
import {
  EmbeddedWorld,
  ManualClock,
  RecordingTelemetry,
  SeededRandom,
  SilentTelemetry,
  SystemClock,
  SystemRandom,
} from "@actor-runtime/embedded";
import { alarmsContract } from "../contracts/alarms.contract.js";
import { brokerContract } from "../contracts/broker.contract.js";
import { clockContract } from "../contracts/clock.contract.js";
import { leasesContract } from "../contracts/leases.contract.js";
import { lockLeasesContract } from "../contracts/lock-leases.contract.js";
import { membershipContract } from "../contracts/membership.contract.js";
import { poolsContract } from "../contracts/pools.contract.js";
import { randomContract } from "../contracts/random.contract.js";
import { storeContract } from "../contracts/store.contract.js";
import { telemetryContract } from "../contracts/telemetry.contract.js";

const maxMailboxBytes = 1024 * 1024;

function twoProcesses() {
  const clock = new ManualClock();
  const world = new EmbeddedWorld({ clock, random: new SeededRandom(1), maxMailboxBytes });
  return {
    clock,
    world,
    one: world.connect("one"),
    two: world.connect("two"),
    pass: (ms: number) => clock.advance(ms),
    dispose: async () => {},
  };
}

brokerContract("embedded", async () => {
  const { world, one, two, dispose } = twoProcesses();
  return {
    port: one.broker,
    other: two.broker,
    maxMailboxBytes,
    cutChannels: async () => world.cutChannels(),
    dispose,
  };
});

poolsContract("embedded", async () => {
  const { world, one, two, dispose } = twoProcesses();
  return {
    port: one.pools,
    other: two.pools,
    maxQueueBytes: maxMailboxBytes,
    cutChannels: async () => world.cutChannels(),
    close: () => one.broker.close(),
    dispose,
  };
});

storeContract("embedded", async () => {
  const { one, two, pass, dispose } = twoProcesses();
  const { store: port, leases } = one;
  return { port, other: two.store, leases, ttlMs: 10_000, retentionMs: 120_000, pass, dispose };
});

leasesContract("embedded", async () => {
  const { one, two, clock, pass, dispose } = twoProcesses();
  return { port: one.leases, other: two.leases, ttlMs: 10_000, monotonic: () => clock.monotonic(), pass, dispose };
});

lockLeasesContract("embedded", async () => {
  const { world, one, two, clock, pass, dispose } = twoProcesses();
  const { locks: port } = one;
  const empty = world.store.snapshot();
  const forget = async () => world.store.restore(empty);
  return { port, other: two.locks, ttlMs: 10_000, monotonic: () => clock.monotonic(), pass, forget, dispose };
});

membershipContract("embedded", async () => {
  const { one, two, clock, pass, dispose } = twoProcesses();
  const { membership: port } = one;
  const { membership: other, leases } = two;
  const marker = (text: string) => text;
  return { port, other, leases, marker, ttlMs: 10_000, now: () => clock.now(), toleranceMs: 0, pass, dispose };
});

alarmsContract("embedded", async () => {
  const { one, two, clock, pass, dispose } = twoProcesses();
  return {
    port: one.alarms,
    other: two.alarms,
    delayMs: 60_000,
    retryMs: 1_000,
    now: () => clock.now(),
    pass,
    dispose,
  };
});

clockContract("ManualClock", async () => {
  const clock = new ManualClock();
  return { port: clock, unitMs: 1_000, pass: (ms) => clock.advance(ms), dispose: async () => {} };
});

clockContract("SystemClock", async () => ({
  port: new SystemClock(),
  unitMs: 20,
  pass: (ms) => sleep(ms),
  dispose: async () => {},
}));

randomContract("SeededRandom", () => new SeededRandom(42));
randomContract("SystemRandom", () => new SystemRandom());

telemetryContract("SilentTelemetry", async () => ({ port: new SilentTelemetry(), dispose: async () => {} }));
telemetryContract("RecordingTelemetry", async () => ({ port: new RecordingTelemetry(), dispose: async () => {} }));
