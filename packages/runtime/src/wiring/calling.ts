import { parsePoolQueue } from "@actor-runtime/core";
import { Calls } from "../client/calls.js";
import { Directory } from "../client/directory.js";
import { Lanes } from "../client/lanes.js";
import { OutsideCaller } from "../client/outside-caller.js";
import { AskMetrics } from "../metrics/ask-metrics.js";
import { Balances } from "../pools/balances.js";
import { LiveWorkers } from "../pools/live-workers.js";
import { PoolLane } from "../pools/pool-lane.js";
import { Spread } from "../pools/spread.js";
import type { StoreTime } from "../store-time.js";
import type { NormalSystemOptions } from "../system-options.js";
import { Tracing } from "../tracing/tracing.js";

/** How messages leave a process, and answers come back to it. */
export interface Calling {
  readonly tracing: Tracing;
  readonly directory: Directory;
  readonly lanes: Lanes;
  readonly calls: Calls;
  /** Calls for code that is no actor. */
  readonly caller: OutsideCaller;
  /** Whom calls to stateless types are spread over. */
  readonly workers: LiveWorkers;
}

export function callingBy(options: NormalSystemOptions, time: StoreTime): Calling {
  const { ports, limits, log } = options;
  const { broker, pools, clock, random, telemetry } = ports;
  const { streamRetentionMs } = limits;
  const tracing = new Tracing(telemetry, broker.name === "embedded" ? "in_memory" : broker.name, options.tracing);
  const directory = new Directory(ports.store);
  const lookMs = limits.leaseMs / 3;
  const workers = new LiveWorkers(ports.membership, clock, lookMs);
  const balances = new Balances(directory, clock, lookMs);
  const lanes = new Lanes({ broker, clock, random, time, streamRetentionMs, replyTo: "" }, (queue) => {
    const { type } = parsePoolQueue(queue);
    const spread = new Spread(type, { balances, workers, clock, random, log });
    return new PoolLane(queue, { pools, clock, random, time }, spread);
  });
  const calls = new Calls(lanes, clock, time, log, new AskMetrics(telemetry), tracing);
  return { tracing, directory, lanes, calls, caller: new OutsideCaller(calls, directory, time, tracing), workers };
}
