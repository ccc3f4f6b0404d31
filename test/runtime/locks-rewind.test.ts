import { LockLostError } from "@actor-runtime/core";
import { type LocalSystem, systemActors } from "@actor-runtime/runtime";
import { beforeEach, expect, it } from "vitest";
import { Rig, watch } from "./support.js";

let rig: Rig;
let worker: LocalSystem;
let one: LocalSystem;
let two: LocalSystem;

beforeEach(async () => {
  rig = new Rig();
  worker = await rig.host(systemActors, { process: "worker", workerId: "worker" });
  one = await rig.host([], { process: "one", workerId: "one" });
  two = await rig.host([], { process: "two", workerId: "two" });
});

it("a lock that was given back is free, though the store forgot it with its last writes", async () => {
  const other = await one.locks.acquire("other");
  const held = await one.locks.acquire("report");
  const backup = rig.world.store.snapshot();
  await held.release();
  rig.world.store.restore(backup);
  const next = watch(two.locks.acquire("report", { wait: "10s" }));
  await rig.advance(5_000);
  expect(next.state).toBe("resolved");
  expect(next.value!.fence).toBeGreaterThan(held.fence);
  other.check();
  await Promise.all([other.release(), next.value!.release()]);
});

it("P10: a lock that the store forgot is lost to its holder, who hears of it, and fences go on rising", async () => {
  const early = await one.locks.acquire("early");
  const backup = rig.world.store.snapshot();
  const held = await one.locks.acquire("report");
  const { signal } = held;
  // Fences that were lost are passed by the store's time.
  await rig.advance(10);
  rig.world.store.restore(backup);
  await rig.settle();
  expect(signal.reason).toBeInstanceOf(LockLostError);
  early.check();
  const next = watch(two.locks.acquire("report", { wait: "30s" }));
  await rig.advance(20_000);
  expect(next.value!.fence).toBeGreaterThan(held.fence);
  await Promise.all([early.release(), next.value!.release()]);
  await rig.settle();
  expect(await worker.locks.list()).toEqual([]);
});

it("an acquisition under way is not taken for a lock that was forgotten to be given back", async () => {
  const held = await one.locks.acquire("report");
  const next = watch(two.locks.acquire("report"));
  await rig.settle();
  rig.world.store.restore(rig.world.store.snapshot());
  await held.release();
  await rig.advance(20_000);
  expect(next.state).toBe("resolved");
  next.value!.check();
  await next.value!.release();
});
