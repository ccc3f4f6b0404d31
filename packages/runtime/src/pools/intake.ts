import {
  type Clock,
  isSpared,
  type Logger,
  nextStanding,
  normalStanding,
  type PoolConsumerOptions,
  prefetchOf,
  type ServiceTimes,
  type Standing,
  shareOf,
  slownessOf,
} from "@actor-runtime/core";
import type { PoolReport } from "./pool-report.js";
import type { PoolSource } from "./pool-source.js";

/** What waits for its next attempt makes room for others, up to so many. */
const maxRetryRoom = 64;
/** A worker aside that must take something gets only what those of a higher priority leave. */
const asidePriority = -1;

interface IntakeServices {
  readonly type: string;
  /** How many calls run at a time, at most. */
  readonly concurrency: number;
  readonly times: ServiceTimes;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How much comes from the shared queue: it follows how long its messages take, and how this worker stands to its peers. */
export class Intake {
  readonly #shared: PoolSource;
  readonly #services: IntakeServices;
  #standing: Standing = normalStanding;
  /** It is aside, and the others can do without it. */
  #spared = false;
  /** The part of the prefetch that stands for what waits for another attempt. */
  #retryRoom = 0;

  constructor(shared: PoolSource, services: IntakeServices) {
    this.#shared = shared;
    this.#services = services;
  }

  get standing(): Standing["kind"] {
    return this.#standing.kind;
  }

  /** Compares itself with its peers that answered: who is much slower takes nothing for a while, or only what they leave. */
  compare(peers: readonly PoolReport[]): void {
    const { type, times, clock, log } = this.#services;
    const now = clock.monotonic();
    const before = this.#standing;
    const slowness = slownessOf(
      times.list(now),
      peers.map((peer) => peer.times),
    );
    this.#standing = nextStanding(before, slowness, times.runs(now), now);
    const { kind } = this.#standing;
    this.#spared = kind === "aside" && isSpared(peers.map(({ standing }) => standing));
    if (kind === before.kind) return;
    if (kind === "probing") times.clear();
    log[kind === "aside" ? "warn" : "info"]({ type, standing: kind }, standingLines[kind]);
  }

  /**
   * @param retrying how many messages wait for another attempt
   * @param paused nothing shall come
   */
  adjust(retrying: number, paused: boolean): void {
    const { concurrency, times, clock } = this.#services;
    const { options, trips } = this.#shared;
    const now = clock.monotonic();
    const room = Math.min(retrying, maxRetryRoom);
    const prefetch = prefetchOf({
      concurrency,
      serviceMs: times.meanMs(now),
      roundTripMs: trips.shortestMs,
      current: options.prefetch - this.#retryRoom,
      share: shareOf(this.#standing, now),
    });
    this.#retryRoom = room;
    const wanted: PoolConsumerOptions = {
      prefetch: this.#spared || paused ? 0 : prefetch + room,
      ...(this.#standing.kind === "aside" && { priority: asidePriority }),
    };
    if (wanted.prefetch !== options.prefetch || wanted.priority !== options.priority) this.#shared.adjust(wanted);
  }
}

const standingLines: Readonly<Record<Standing["kind"], string>> = {
  aside: "much slower than its peers: this worker leaves the messages to them for a while",
  probing: "takes messages as the others again, a few at first",
  normal: "takes its full share again",
};
