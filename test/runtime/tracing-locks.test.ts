import { attributes as named } from "@actor-runtime/core";
import { Actor, Handler, type LocalSystem, systemActors } from "@actor-runtime/runtime";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { TraceSpan } from "../otlp/trace-span.js";
import { refusalOf, watch } from "./support.js";
import { TracedRig } from "./tracing-support.js";

let traced: TracedRig;
let client: LocalSystem;
let other: LocalSystem;

@Actor("Paper", { partitions: 1 })
class Paper {
  @Handler() print(): void {}
}

beforeEach(async () => {
  traced = new TracedRig();
  await traced.host([Paper, ...systemActors], { process: "worker", workerId: "worker" });
  client = await traced.host([], { process: "client", workerId: "client" });
  other = await traced.host([], { process: "other", workerId: "other" });
});

afterEach(() => traced.end());

function only(name: string): TraceSpan {
  const spans = traced.named(name);
  expect(spans).toHaveLength(1);
  return spans[0]!;
}

it("P11: a lock's trace has the wait for it, with the lock actor's turns, and the hold, with all the body does", async () => {
  await client.locks.withLock("ink", () => client.ref(Paper, "a").print());
  await traced.rig.settle();
  const [acquire, hold] = [only("lock.acquire"), only("lock.hold")];
  expect(only("ask $Lock.acquire").parentId).toBe(acquire.spanId);
  expect(only("process $Lock.acquire").parentId).toBe(only("ask $Lock.acquire").spanId);
  expect(only("ask Paper.print").parentId).toBe(hold.spanId);
  expect(acquire.attributes).toMatchObject({ [named.lockNames]: "ink", [named.lockOutcome]: "acquired" });
  expect(hold.attributes).toMatchObject({ [named.lockNames]: "ink", [named.lockMode]: "exclusive" });
  expect(hold.attributes[named.lockFence]).toBeGreaterThan(0);
});

it("P11: a lock that was lost, and one that could not be had, say so", async () => {
  const held = await client.locks.acquire("ink");
  const late = watch(other.locks.acquire("ink", { wait: 100 }));
  await traced.rig.advance(200);
  await other.locks.break("ink");
  await traced.rig.settle();
  expect(held.signal.aborted).toBe(true);
  await held.release();
  await traced.rig.advance(1_000);
  expect(late.error?.code).toBe("LOCK_TIMEOUT");
  const outcomes = traced.named("lock.acquire").map(({ attributes }) => attributes[named.lockOutcome]);
  expect(outcomes).toEqual(["acquired", "timeout"]);
  expect(only("lock.hold").events).toMatchObject([{ name: "lost" }]);
});

it("with hashed keys no span tells a lock's name", async () => {
  const secret = await traced.host([], { process: "secret", tracing: { keys: "hashed" } });
  await secret.locks.withLock("ann's letter", () => {});
  const held = await secret.locks.acquire("ann's letter");
  await refusalOf(other.locks.acquire("b", { signal: AbortSignal.abort() }));
  await held.release();
  await traced.rig.settle();
  const told = JSON.stringify(traced.spans().filter(({ name }) => name.startsWith("lock.")));
  expect(told).toContain("lock.hold");
  expect(told).not.toContain("ann");
});
