import type { SeededRandom } from "@actor-runtime/embedded";
import type { Timeline } from "./timeline.js";

/** A worker of the simulated pool. */
export interface SimulatedWorker {
  readonly id: string;
  /** How many times as long as others it takes. @default 1 */
  readonly factor?: number;
  /** From when to when it does (ms). @default always */
  readonly slow?: readonly [from: number, to: number];
  /** From when to when it does nothing at all (ms). */
  readonly stall?: readonly [from: number, to: number];
}

/** Calls that arrive by a Poisson process and take exponential times. */
export interface Scenario {
  readonly workers: readonly SimulatedWorker[];
  /** Runs at once, per worker. */
  readonly concurrency: number;
  readonly meanServiceMs: number;
  readonly callsPerSecond: number;
  readonly seconds: number;
  readonly seed: number;
}

/** What came of one call. */
export interface Call {
  readonly sentAt: number;
  worker: string;
  latencyMs: number;
}

export function exponential(random: SeededRandom, mean: number): number {
  return -mean * Math.log(1 - random.next());
}

/** How long a run takes that begins now. */
export function runMs(worker: SimulatedWorker, scenario: Scenario, random: SeededRandom, now: number): number {
  const [slowFrom, slowTo] = worker.slow ?? [0, Number.POSITIVE_INFINITY];
  const factor = now >= slowFrom && now < slowTo ? (worker.factor ?? 1) : 1;
  const workMs = exponential(random, scenario.meanServiceMs * factor);
  const [from, to] = worker.stall ?? [0, 0];
  return now + workMs > from && now < to ? workMs + to - Math.max(from, now) : workMs;
}

/** Lets the calls of a scenario arrive. */
export function arrive(
  timeline: Timeline,
  scenario: Scenario,
  random: SeededRandom,
  arrived: (call: Call) => void,
): Call[] {
  const calls: Call[] = [];
  const next = () => {
    if (timeline.now >= scenario.seconds * 1_000) return;
    const call = { sentAt: timeline.now, worker: "", latencyMs: Number.NaN };
    calls.push(call);
    arrived(call);
    timeline.after(exponential(random, 1_000 / scenario.callsPerSecond), next);
  };
  next();
  return calls;
}

/** The latency that `part` of the calls do not exceed. */
export function quantile(calls: readonly Call[], part: number): number {
  const sorted = calls.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  return sorted[Math.ceil(part * sorted.length) - 1] ?? Number.NaN;
}
