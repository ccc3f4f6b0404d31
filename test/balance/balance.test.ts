import type { PickStrategy } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import { simulateOwnQueues } from "./own-queues.js";
import { type Call, quantile, type Scenario, type SimulatedWorker } from "./scenario.js";
import { simulateSharedQueue } from "./shared-queue.js";

const senders = 4;

/** Half of what four healthy workers can do. */
function scenario(first: Omit<SimulatedWorker, "id">, seconds = 40): Scenario {
  const workers = [{ id: "first", ...first }, ...["second", "third", "fourth"].map((id) => ({ id }))];
  return { workers, concurrency: 10, meanServiceMs: 50, callsPerSecond: 400, seconds, seed: 1 };
}

const healthy = scenario({});
const oneSlow = scenario({ factor: 10 });

/** The part of the calls sent from one second to another that a worker got. */
function partOf(calls: readonly Call[], worker: string, from: number, to: number): number {
  const sent = calls.filter(({ sentAt }) => sentAt >= from * 1_000 && sentAt < to * 1_000);
  return sent.filter((call) => call.worker === worker).length / sent.length;
}

interface Row {
  readonly name: string;
  readonly healthyMs: number;
  readonly oneSlowMs: number;
  readonly ratio: number;
  readonly toSlow: number;
}

function measured(name: string, simulate: (given: Scenario) => Call[]): Row {
  const healthyMs = quantile(simulate(healthy), 0.99);
  const calls = simulate(oneSlow);
  const oneSlowMs = quantile(calls, 0.99);
  return { name, healthyMs, oneSlowMs, ratio: oneSlowMs / healthyMs, toSlow: partOf(calls, "first", 0, 40) };
}

function asText(rows: readonly Row[]): string {
  const texts = rows.map(({ name, healthyMs, oneSlowMs, ratio, toSlow }) => {
    const [before, after] = [healthyMs, oneSlowMs].map((ms) => `${ms.toFixed(0)} ms`);
    return `${name}: p99 ${before} → ${after}, × ${ratio.toFixed(2)}, ${(100 * toSlow).toFixed(1)} % of the calls to the slow one`;
  });
  return texts.join("\n");
}

/** Those that the others are the control of. */
const watchful = new Set(["fastest", "least-busy"]);
const strategies: readonly PickStrategy[] = ["round-robin", "random", "weighted", "fastest"];

it("one of four workers that is ten times slower raises the p99 by at most half, where somebody looks at the latency", () => {
  const rows = [
    ...strategies.map((strategy) => measured(strategy, (given) => simulateOwnQueues(given, strategy, senders))),
    measured("least-busy", (given) => simulateSharedQueue(given, true)),
    measured("shared queue, nobody steps aside", (given) => simulateSharedQueue(given, false)),
  ];
  const broken = rows.filter(({ name, ratio }) => (watchful.has(name) ? ratio > 1.5 : ratio < 3));
  expect(broken.length > 0 ? asText(rows) : "").toBe("");
});

describe.each(strategies)("%s", (strategy) => {
  it("leaves out a worker that stalls within seconds, and gives it its share again afterwards", () => {
    const calls = simulateOwnQueues(scenario({ stall: [10_000, 25_000] }, 75), strategy, senders);
    expect(partOf(calls, "first", 0, 10)).toBeGreaterThan(0.2);
    expect(partOf(calls, "first", 12, 20)).toBe(0);
    expect(partOf(calls, "first", 24, 30)).toBe(0);
    expect(partOf(calls, "first", 55, 75)).toBeGreaterThan(0.15);
  });
});

describe("least-busy", () => {
  it("keeps the p99 where workers run one call at a time, too: who is aside takes nothing at all", () => {
    const narrow = (given: Scenario): Scenario => ({ ...given, concurrency: 1, callsPerSecond: 40, seconds: 120 });
    const [before, after] = [healthy, oneSlow].map((given) => quantile(simulateSharedQueue(narrow(given), true), 0.99));
    expect(after! / before!).toBeLessThanOrEqual(1.5);
  });

  it("gives a worker its share again when it is no longer slow", () => {
    const calls = simulateSharedQueue(scenario({ factor: 10, slow: [10_000, 25_000] }, 75), true);
    expect(partOf(calls, "first", 0, 10)).toBeGreaterThan(0.2);
    expect(partOf(calls, "first", 15, 20)).toBeLessThan(0.02);
    expect(partOf(calls, "first", 55, 75)).toBeGreaterThan(0.2);
  });
});
