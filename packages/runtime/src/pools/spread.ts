import {
  type ActorError,
  AskTimeoutError,
  type Balancer,
  balancerOf,
  type CallEnding,
  CancelledError,
  type Clock,
  type Ejection,
  type EjectionCause,
  type Logger,
  NotStartedError,
  OverloadedError,
  type PoolMember,
  type Random,
  type ViewMember,
  WorkerLostError,
} from "@actor-runtime/core";
import type { OutgoingCall } from "../client/outgoing.js";
import type { Balance } from "../definition/stateless-options.js";
import { isInfrastructure } from "../worker/fault.js";
import type { Balances } from "./balances.js";
import type { LiveWorkers, Watcher } from "./live-workers.js";

/** A worker that was sent a call, and when. */
interface Asked {
  readonly worker: ViewMember;
  readonly at: number;
}

export interface SpreadServices {
  readonly balances: Balances;
  readonly workers: LiveWorkers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * Spreads the calls of this process over the own queues of a type's workers where its balance wants that, and follows what becomes
 * of them there. When another balance is deployed, calls from then on go by it.
 */
export class Spread implements Watcher {
  readonly #type: string;
  readonly #balances: Balances;
  readonly #log: Logger;
  #balance: Balance = "least-busy";
  /** `undefined`: all calls take the shared queue. */
  #balancer: Balancer | undefined;
  readonly #workers: LiveWorkers;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #stopWatching: () => void;
  /** Hosts that take calls. */
  #hosts = new Map<string, ViewMember>();
  #choice: readonly PoolMember[] = [];
  /** A call is there twice when it was repeated. */
  readonly #calls = new Map<OutgoingCall, Asked[]>();

  constructor(type: string, { balances, workers, clock, random, log }: SpreadServices) {
    this.#type = type;
    this.#balances = balances;
    this.#log = log;
    this.#workers = workers;
    this.#clock = clock;
    this.#random = () => random.next();
    this.#stopWatching = workers.add(this);
    this.changed();
  }

  get busy(): boolean {
    return this.#calls.size > 0;
  }

  /**
   * The worker that the call is sent to now; `undefined`: any, by the shared queue.
   *
   * @param tried those that certainly did not get it
   */
  pick(call: OutgoingCall, tried: ReadonlySet<string>): string | undefined {
    this.#follow(this.#balances.of(this.#type));
    if (this.#balancer === undefined) return undefined;
    this.#workers.use();
    const asked = this.#calls.get(call) ?? [];
    const out = new Set([...tried, ...asked.map(({ worker }) => worker.id)]);
    const now = this.#clock.monotonic();
    // Whoever has it already does not answer for long, so a repeat goes elsewhere.
    const choice =
      out.size === 0 ? this.#choice : this.#choice.map((each) => (out.has(each.id) ? { ...each, weight: 0 } : each));
    const id = this.#balancer.pick(choice, now, this.#random);
    const worker = id === undefined ? undefined : this.#hosts.get(id);
    if (worker === undefined) return undefined;
    this.#balancer.sent(worker.id, now);
    this.#calls.set(call, [...asked, { worker, at: now }]);
    return worker.id;
  }

  /** Those that were sent the call, and may have it. */
  workersOf(call: OutgoingCall): readonly string[] {
    return (this.#calls.get(call) ?? []).map(({ worker }) => worker.id);
  }

  /** The call did not get to the worker, as far as is known. */
  missed(call: OutgoingCall, id: string, ending: CallEnding): void {
    const asked = this.#calls.get(call);
    const left = asked?.filter(({ worker }) => worker.id !== id) ?? [];
    if (asked === undefined || left.length === asked.length) return;
    this.#balancer?.ended(id, undefined, ending, this.#clock.monotonic());
    if (left.length > 0) this.#calls.set(call, left);
    else this.#calls.delete(call);
  }

  /** The call is over. Of a repeated one the last that was asked is taken to have answered. */
  ended(call: OutgoingCall, error: ActorError | undefined): void {
    const asked = this.#calls.get(call);
    if (asked === undefined) return;
    this.#calls.delete(call);
    const now = this.#clock.monotonic();
    for (const [index, { worker, at }] of asked.entries()) {
      const ending = index === asked.length - 1 ? endingOf(error) : "failed";
      this.#balancer?.ended(worker.id, now - at, ending, now);
    }
  }

  changed(): void {
    const { members } = this.#workers;
    if (members === undefined) return;
    const hosts = members.filter(({ types }) => types.includes(this.#type));
    const able = hosts.filter(({ state }) => state === "ready");
    this.#hosts = new Map(able.map((member) => [member.id, member]));
    this.#choice = able.map(({ id, weight }) => ({ id, weight }));
    if (this.#workers.inDoubt) return;
    const living = new Set(hosts.map(({ incarnation }) => incarnation));
    for (const [call, asked] of [...this.#calls]) {
      const [last] = asked.filter(({ worker }) => !living.has(worker.incarnation)).slice(-1);
      // While another one has it, too, that may still answer.
      if (last === undefined || asked.some(({ worker }) => living.has(worker.incarnation))) continue;
      const { address, handler } = call.target;
      call.fail(new WorkerLostError(`${address}.${handler}: worker "${last.worker.id}" is gone, and with it the call`));
    }
  }

  close(): void {
    this.#stopWatching();
  }

  /** What the new balancer hears of calls that it did not pick, it takes for what it is: word of their workers. */
  #follow(balance: Balance): void {
    if (balance === this.#balance) return;
    this.#balance = balance;
    this.#balancer = balance === "least-busy" ? undefined : balancerOf(balance, (ejection) => this.#ejected(ejection));
  }

  #ejected({ worker, cause, until }: Ejection): void {
    const outMs = until - this.#clock.monotonic();
    this.#log.warn(
      { type: this.#type, worker, cause, outMs },
      `worker "${worker}" gets no calls of ${this.#type} from here for a while: ${why[cause]}`,
    );
  }
}

/** What a handler throws says nothing about its worker; that it was not run, or that nobody answered, does. */
function endingOf(error: ActorError | undefined): CallEnding {
  if (error instanceof WorkerLostError) return "lost";
  if (error === undefined) return "ok";
  const unanswered = error instanceof AskTimeoutError || error instanceof CancelledError;
  const unable = error instanceof OverloadedError || error instanceof NotStartedError || isInfrastructure(error);
  return unanswered || unable ? "failed" : "ok";
}

const why: Readonly<Record<EjectionCause, string>> = {
  failures: "one call after the other failed there",
  stall: "it owes answers, and none comes",
};
