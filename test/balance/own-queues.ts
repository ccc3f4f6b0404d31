import { type Balancer, balancerOf, type PickStrategy } from "@actor-runtime/core";
import { SeededRandom } from "@actor-runtime/embedded";
import { arrive, type Call, runMs, type Scenario, type SimulatedWorker } from "./scenario.js";
import { Timeline } from "./timeline.js";

/** Each worker has a queue of its own, and each sender picks the worker by what it alone has seen. */
export function simulateOwnQueues(scenario: Scenario, strategy: PickStrategy, senders: number): Call[] {
  const timeline = new Timeline();
  const random = new SeededRandom(scenario.seed);
  const balancers = Array.from({ length: senders }, () => balancerOf(strategy));
  const members = scenario.workers.map(({ id }) => ({ id, weight: 1 }));
  const workers = new Map(
    scenario.workers.map((worker) => [worker.id, new OwnQueue(timeline, scenario, worker, random)]),
  );
  const calls = arrive(timeline, scenario, random, (call) => {
    const balancer: Balancer = balancers[Math.floor(random.next() * senders)]!;
    const picked = balancer.pick(members, timeline.now, () => random.next())!;
    call.worker = picked;
    balancer.sent(picked, timeline.now);
    workers.get(picked)!.take(() => {
      call.latencyMs = timeline.now - call.sentAt;
      balancer.ended(picked, call.latencyMs, "ok", timeline.now);
    });
  });
  timeline.run();
  return calls;
}

class OwnQueue {
  readonly #timeline: Timeline;
  readonly #scenario: Scenario;
  readonly #worker: SimulatedWorker;
  readonly #random: SeededRandom;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(timeline: Timeline, scenario: Scenario, worker: SimulatedWorker, random: SeededRandom) {
    this.#timeline = timeline;
    this.#scenario = scenario;
    this.#worker = worker;
    this.#random = random;
  }

  take(done: () => void): void {
    this.#waiting.push(done);
    if (this.#running < this.#scenario.concurrency) this.#run();
  }

  #run(): void {
    const done = this.#waiting.shift();
    if (!done) return;
    this.#running += 1;
    this.#timeline.after(runMs(this.#worker, this.#scenario, this.#random, this.#timeline.now), () => {
      this.#running -= 1;
      done();
      this.#run();
    });
  }
}
