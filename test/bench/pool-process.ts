import { SeededRandom } from "@actor-runtime/embedded";
import { connect } from "actor-runtime";
import { type Arrival, arrive } from "./arrivals.js";
import { messageOf, start, stop } from "./own-process.js";
import { type Percentiles, percentiles } from "./percentile.js";
import type { Service } from "./pool-service.js";

/** How long calls of a type took, which part of them went to the first worker, and how many ended per second. */
export type PoolPace = Percentiles & { readonly toFirst: number; readonly perSecond: number };

export interface PoolPaces {
  /** Of the type that all workers are as fast at. */
  readonly even: PoolPace;
  /** Of the one that the first takes so many times as long for. */
  readonly uneven: PoolPace;
}

const workers = 4;
/** How many times as long the first of them takes for one of the types. */
const factor = 10;
/** Of each type: half of what the four can do when all are well, 10 calls at a time, 200 ms for one. */
const perSecond = 100;
/** Not counted: until it is known who is slow, and what it was given before has ended. */
const warmUpMs = 6_000;
const measuredMs = 16_000;
const graceMs = 2_000;

/** Asks from here to four workers. argv: how calls are spread */
const [balance] = process.argv.slice(2) as [string];
const hosts = Array.from({ length: workers }, (_, n) =>
  start("pool-worker-process.js", { args: [balance, String(n), String(n === 0 ? factor : 1)] }),
);
await Promise.all(hosts.map(messageOf));
const system = await connect();

// Both at the same time, so that they see the same machine.
const [even, uneven] = await Promise.all([paceOf("BenchEven", 1), paceOf("BenchUneven", 2)]);
await system.close();
await Promise.all(hosts.map(stop));
const paces: PoolPaces = { even, uneven };
process.send?.(paces);

async function paceOf(type: string, seed: number): Promise<PoolPace> {
  const service = system.ref<Service>(type);
  const load = { perSecond, forMs: warmUpMs + measuredMs, graceMs };
  const calls = await arrive(() => service.serve(), load, new SeededRandom(seed));
  const from = calls[0]!.at + warmUpMs;
  return summed(calls.filter(({ at }) => at >= from));
}

function summed(calls: readonly Arrival<number>[]): PoolPace {
  const answered = calls.filter(({ answer }) => answer !== undefined);
  const byOthers = answered.filter(({ answer }) => answer !== 0);
  return {
    ...percentiles(calls.map(({ ms }) => ms)),
    // What has no answer yet waits there.
    toFirst: 1 - byOthers.length / calls.length,
    perSecond: (answered.length * 1_000) / measuredMs,
  };
}
