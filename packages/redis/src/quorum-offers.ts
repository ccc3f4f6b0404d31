import { type LockRequest, type OfferOptions, type OfferOutcome, StoreUnavailableError } from "@actor-runtime/core";
import { type Ballot, valuesOf } from "./ballot.js";
import type { LockServer, Memory } from "./lock-server.js";
import { mergedHeld } from "./merged-held.js";
import type { StoreClock } from "./store-clock.js";

/** Fences are given this far ahead of the servers' clocks, in µs, so that servers whose clocks differ by less give the same. */
const aheadMicros = 100_000;

/** Offers are made anew so often when the servers gave different fences. */
const attempts = 3;

interface Answer {
  readonly outcome: OfferOutcome;
  readonly memory: Memory;
}

/**
 * Offers a lock on several servers. It is offered once a majority gave it under the same fence: then readers who hold it
 * together share one, and a later fence is higher, because it comes from a server that knows this one.
 *
 * A server that has not kept what it was told for the longest session may have forgotten who holds the lock, and does not
 * count, unless they are all as young: then they are new, or there is nobody to ask.
 */
export class QuorumOffers {
  readonly #servers: readonly LockServer[];
  readonly #ballot: Ballot<LockServer>;
  readonly #majority: number;
  readonly #storeClock: StoreClock;
  readonly #longestMs: number;

  constructor(
    servers: readonly LockServer[],
    ballot: Ballot<LockServer>,
    majority: number,
    storeClock: StoreClock,
    longestMs: number,
  ) {
    this.#servers = servers;
    this.#ballot = ballot;
    this.#majority = majority;
    this.#storeClock = storeClock;
    this.#longestMs = longestMs;
  }

  async offer(request: LockRequest, options: OfferOptions): Promise<OfferOutcome> {
    let leastFence = Math.max(options.leastFence ?? 0, this.#storeClock.micros + aheadMicros);
    for (let attempt = 1; ; attempt++) {
      const { answers, decide } = await this.#ask(request, { ...options, leastFence });
      const fence = this.#agreed(answers);
      if (fence !== undefined) {
        decide(fence);
        const { name, mode } = request;
        return { offer: { name, request: request.request, mode, fence } };
      }
      const fences = answers.flatMap(({ outcome }) => ("offer" in outcome ? [outcome.offer.fence] : []));
      if (fences.length >= this.#majority && attempt < attempts) {
        await this.#giveBack(request);
        leastFence = Math.max(...fences, this.#storeClock.micros) + aheadMicros;
        continue;
      }
      decide(undefined);
      return this.#refusal(answers);
    }
  }

  /** `decide` gives back what other servers offered, and will offer yet, under another fence. */
  async #ask(request: LockRequest, options: OfferOptions) {
    let decision: { readonly fence: number | undefined } | undefined;
    const offeredBy = new Map<number, number>();
    const giveBackUnlessAgreed = (server: number, fence: number): void => {
      if (fence !== decision!.fence) this.#servers[server]!.release(request, "offered").catch(() => {});
    };
    const votes = await this.#ballot.hold<Answer>(
      async (server) => {
        // Both on their way at once, and so answered by one run of the server.
        const [outcome, memory] = await Promise.all([server.offer(request, options), server.memory()]);
        return { outcome, memory };
      },
      (answers) => this.#isDecided(answers),
      (server, { outcome, memory }) => {
        this.#storeClock.saw(memory.micros);
        if (!("offer" in outcome)) return;
        offeredBy.set(server, outcome.offer.fence);
        if (decision !== undefined) giveBackUnlessAgreed(server, outcome.offer.fence);
      },
    );
    const decide = (fence: number | undefined): void => {
      decision = { fence };
      for (const [server, given] of offeredBy) giveBackUnlessAgreed(server, given);
    };
    return { answers: valuesOf(votes), decide };
  }

  #isDecided(answers: readonly Answer[]): boolean {
    const held = answers.filter(({ outcome }) => "held" in outcome).length;
    return held >= this.#majority || this.#over(answers) || this.#agreed(answers) !== undefined;
  }

  /** The fence under which a majority gave it. */
  #agreed(answers: readonly Answer[]): number | undefined {
    const remembering = answers.filter(({ memory }) => memory.ageMs >= this.#longestMs);
    const allAreYoung = remembering.length === 0 && answers.length === this.#servers.length;
    const counts = new Map<number, number>();
    for (const { outcome } of allAreYoung ? answers : remembering) {
      if ("offer" in outcome) counts.set(outcome.offer.fence, (counts.get(outcome.offer.fence) ?? 0) + 1);
    }
    for (const [fence, count] of counts) if (count >= this.#majority) return fence;
    return undefined;
  }

  #over(answers: readonly Answer[]): boolean {
    return answers.filter(({ outcome }) => "over" in outcome).length >= this.#majority;
  }

  #refusal(answers: readonly Answer[]): OfferOutcome {
    if (this.#over(answers)) return { over: true };
    const held = mergedHeld(
      answers.flatMap(({ outcome }) => ("held" in outcome ? [outcome.held] : [])),
      1,
    );
    if (held !== undefined) return { held };
    throw new StoreUnavailableError(
      `locks need ${this.#majority} of their ${this.#servers.length} servers: too few answer, or have kept what they were told for ${this.#longestMs} ms`,
    );
  }

  async #giveBack(request: LockRequest): Promise<void> {
    await this.#ballot.hold(
      (server) => server.release(request, "offered"),
      () => false,
    );
  }
}
