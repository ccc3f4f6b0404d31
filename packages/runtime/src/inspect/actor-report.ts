import type { PartitionOwner } from "../worker/partition-owner.js";
import type { WorkerServices } from "../worker/services.js";
import { firstOf } from "./limited.js";
import { LoadCount } from "./load.js";
import { obstaclesOf } from "./obstacles.js";
import type { ActorReport } from "./reports.js";
import { openAsks, turnReport } from "./turn-reports.js";

const most = 100;

/** What is known of an actor here; `undefined` when its partition is not served. */
export function actorReport(
  address: string,
  { tenure, wanted }: PartitionOwner,
  { workerId, time, ports, calls }: WorkerServices,
): ActorReport | undefined {
  if (!tenure?.alive) return undefined;
  const activation = tenure.activations.find(address);
  const load = new LoadCount();
  if (activation) load.add(activation);
  const now = ports.clock.monotonic();
  const asks = openAsks(calls.asks, now);
  const { running, queries, phase = "absent", lastError } = activation ?? {};
  const obstacles = activation
    ? obstaclesOf(activation, {
        asks: asks.get(address) ?? [],
        commits: tenure.commits,
        givenUp: !wanted,
        now: time.now(),
        monotonic: now,
      })
    : [];
  return {
    worker: workerId,
    at: Math.round(time.now()),
    phase,
    ...(running && running.beganAt >= 0 && { turn: turnReport(activation!, running, asks, now) }),
    queries: firstOf(
      Array.from(queries ?? [], (turn) => turnReport(activation!, turn, asks, now)),
      most,
    ),
    chain: firstOf(running?.inbound?.message.chain ?? [], most),
    obstacles: firstOf(obstacles, most),
    waiting: load.waiting,
    parked: load.parked,
    delayed: tenure.delayed.waitingFor(address),
    ...(lastError && { lastError }),
  };
}
