import {
  isSpared,
  nextStanding,
  normalStanding,
  prefetchOf,
  ServiceTimes,
  type Standing,
  shareOf,
  slownessOf,
} from "@actor-runtime/core";
import { SeededRandom } from "@actor-runtime/embedded";
import { arrive, type Call, runMs, type Scenario, type SimulatedWorker } from "./scenario.js";
import { Timeline } from "./timeline.js";

/** How often workers compare themselves. */
const comparedMs = 2_000;
/** From an ack to the delivery it makes room for. */
const roundTripMs = 1;

interface Consumer {
  readonly worker: SimulatedWorker;
  readonly times: ServiceTimes;
  standing: Standing;
  /** It takes nothing. */
  spared: boolean;
  prefetch: number;
  unacked: number;
  running: number;
  readonly held: Call[];
}

/**
 * All workers take from one queue. The queue gives to the consumer that waits longest, of those of the highest priority that have
 * room, as RabbitMQ does.
 */
export function simulateSharedQueue(scenario: Scenario, stepsAside: boolean): Call[] {
  const timeline = new Timeline();
  const random = new SeededRandom(scenario.seed);
  const ready: Call[] = [];
  const consumers = scenario.workers.map(
    (worker): Consumer => ({
      worker,
      times: new ServiceTimes(),
      standing: normalStanding,
      spared: false,
      prefetch: scenario.concurrency,
      unacked: 0,
      running: 0,
      held: [],
    }),
  );

  function deliver(): void {
    while (ready.length > 0) {
      const able = consumers.filter(({ spared, unacked, prefetch }) => !spared && unacked < prefetch);
      const consumer = able.find(({ standing }) => standing.kind !== "aside") ?? able[0];
      if (!consumer) return;
      consumers.push(...consumers.splice(consumers.indexOf(consumer), 1));
      consumer.unacked += 1;
      consumer.held.push(ready.shift()!);
      run(consumer);
    }
  }

  function run(consumer: Consumer): void {
    if (consumer.running === scenario.concurrency) return;
    const call = consumer.held.shift();
    if (!call) return;
    const { worker, times } = consumer;
    const startedAt = timeline.now;
    consumer.running += 1;
    timeline.after(runMs(worker, scenario, random, startedAt), () => {
      consumer.running -= 1;
      call.worker = worker.id;
      call.latencyMs = timeline.now - call.sentAt;
      times.add("run", timeline.now - startedAt, timeline.now);
      run(consumer);
      timeline.after(roundTripMs, () => {
        consumer.unacked -= 1;
        deliver();
      });
    });
  }

  function compare(): void {
    if (timeline.now >= scenario.seconds * 1_000) return;
    const now = timeline.now;
    for (const consumer of consumers) {
      const others = consumers.filter((other) => other !== consumer);
      const peers = others.map(({ times }) => times.list(now));
      const { standing: before, times } = consumer;
      if (stepsAside) {
        consumer.standing = nextStanding(before, slownessOf(times.list(now), peers), times.runs(now), now);
      }
      consumer.spared = consumer.standing.kind === "aside" && isSpared(others.map(({ standing }) => standing.kind));
      if (consumer.standing.kind === "probing" && before.kind === "aside") consumer.times.clear();
      consumer.prefetch = prefetchOf({
        concurrency: scenario.concurrency,
        serviceMs: consumer.times.meanMs(now),
        roundTripMs,
        current: consumer.prefetch,
        share: shareOf(consumer.standing, now),
      });
    }
    deliver();
    timeline.after(comparedMs, compare);
  }

  compare();
  const calls = arrive(timeline, scenario, random, (call) => {
    ready.push(call);
    deliver();
  });
  timeline.run();
  return calls;
}
