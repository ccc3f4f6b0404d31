import {
  type Cancel,
  type Clock,
  ConfigError,
  type HeldLock,
  type LockLeases,
  type LockOffer,
  type LockRequest,
  type LockSession,
  type OfferOptions,
  type OfferOutcome,
  StoreUnavailableError,
} from "@actor-runtime/core";
import { Ballot, type Vote, valuesOf } from "./ballot.js";
import type { LockServer } from "./lock-server.js";
import { mergedHeld } from "./merged-held.js";
import { QuorumOffers } from "./quorum-offers.js";
import { QuorumSession } from "./quorum-session.js";
import { StoreClock } from "./store-clock.js";

export interface QuorumOptions {
  readonly clock: Clock;
  /** How long a server may take to answer; one that is slower counts as unreachable. */
  readonly answerMs: number;
  /** No session is longer than this. A server that may have forgotten what it was told takes no part for as long. */
  readonly longestMs: number;
}

/**
 * Clocks that run apart, as a share of the time measured and in ms: a session ends here this much before it can end there.
 * Redis' own advice for locks on several servers ("Distributed Locks with Redis", on safety and clock drift).
 */
const driftShare = 0.01;
const driftMs = 2;

/** How long a server that lacks a lock may wait for its claim, in ms. */
const repairMs = 2_000;

/**
 * `LockLeases` over an odd number of servers that know nothing of each other: what a majority says holds, so a minority that is
 * down, slow or came back empty changes nothing.
 *
 * - A lock is held while a majority of the servers have both its claim and the session that claimed it ({@link QuorumSession}).
 *   What a server lacks of them it is given with the next renewal.
 * - A fence is given by a majority: any two have a server in common, whose floor makes the later fence higher.
 */
export class QuorumLockLeases implements LockLeases {
  readonly #servers: readonly LockServer[];
  readonly #offers: QuorumOffers;
  readonly #clock: Clock;
  readonly #longestMs: number;
  readonly #ballot: Ballot<LockServer>;
  readonly #majority: number;
  readonly #sessions = new Map<string, QuorumSession>();

  constructor(servers: readonly LockServer[], { clock, answerMs, longestMs }: QuorumOptions) {
    this.#servers = servers;
    this.#clock = clock;
    this.#longestMs = longestMs;
    this.#ballot = new Ballot(servers, clock, answerMs);
    this.#majority = Math.floor(servers.length / 2) + 1;
    this.#offers = new QuorumOffers(servers, this.#ballot, this.#majority, new StoreClock(clock), longestMs);
  }

  async open(id: string, ttlMs: number): Promise<LockSession> {
    this.#checkLength(ttlMs);
    for (const known of this.#sessions.values()) if (known.until <= this.#now) this.#sessions.delete(known.id);
    const session = this.#sessions.get(id) ?? new QuorumSession(id, this.#servers.length, this.#majority);
    this.#sessions.set(id, session);
    const until = this.#untilOf(ttlMs);
    const votes = await this.#ballot.hold(
      (server) => server.open(id, ttlMs),
      (values) => values.length >= this.#majority,
      (server) => session.kept(server, until),
    );
    this.#answered(votes);
    return this.#promise(session);
  }

  async renew({ id }: LockSession, ttlMs: number): Promise<LockSession | undefined> {
    this.#checkLength(ttlMs);
    const session = this.#sessions.get(id);
    if (session === undefined || session.until <= this.#now) return this.#lost(id);
    const until = this.#untilOf(ttlMs);
    // All are waited for: nobody is in a hurry here, and who has lost it must be found.
    const votes = await this.#ballot.hold(
      (server) => server.renew({ id, until: 0 }, ttlMs),
      () => false,
      (server, renewed) => (renewed === undefined ? session.endedOn(server) : session.kept(server, until)),
    );
    // No majority has it any more, or one of its locks.
    if (session.until < session.promised) return this.#lost(id);
    await this.#repair(session, votes, ttlMs);
    if (session.until <= this.#now) return this.#lost(id);
    this.#answered(votes);
    return this.#promise(session);
  }

  async close({ id }: LockSession): Promise<void> {
    this.#sessions.delete(id);
    this.#answered(await this.#askMost((server) => server.close({ id, until: 0 })));
  }

  offer(request: LockRequest, options: OfferOptions): Promise<OfferOutcome> {
    return this.#offers.offer(request, options);
  }

  async claim(offer: LockOffer, { id }: LockSession): Promise<boolean> {
    const session = this.#sessions.get(id);
    if (session === undefined || session.until <= this.#now) return false;
    const claim = session.claiming(offer);
    const confirmed = new Set<number>();
    const votes = await this.#ballot.hold(
      (server) => server.claim(offer, { id, until: 0 }),
      () => session.isMajority(confirmed),
      (server, claimed) => {
        if (!claimed || !session.isOn(server)) claim.on.delete(server);
        else for (const each of [claim.on, confirmed]) each.add(server);
      },
    );
    if (session.isCurrent(claim) && this.#sessions.get(id) === session) {
      if (session.isMajority(confirmed)) return (claim.held = true);
      const refused = valuesOf(votes).filter((claimed) => !claimed).length;
      if (this.#servers.length - refused >= this.#majority) throw this.#tooFew(votes);
    }
    session.forget(offer);
    await this.release(offer).catch(() => {});
    return false;
  }

  async release(request: Pick<LockRequest, "name" | "request">, only?: "offered"): Promise<{ wanted: boolean }> {
    if (only === undefined) for (const session of this.#sessions.values()) session.forget(request);
    const votes = await this.#askMost((server) => server.release(request, only));
    this.#answered(votes);
    return { wanted: valuesOf(votes).some(({ wanted }) => wanted) };
  }

  async break(name: string): Promise<HeldLock | undefined> {
    return this.#merged(await this.#askAll((server) => server.break(name)));
  }

  async inspect(name: string): Promise<HeldLock | undefined> {
    return this.#merged(await this.#askAll((server) => server.inspect(name)));
  }

  async *list(prefix: string): AsyncGenerator<HeldLock> {
    const votes = await this.#askAll((server) => collected(server.list(prefix)));
    this.#answered(votes);
    const views = new Map<string, HeldLock[]>();
    for (const view of valuesOf(votes).flat()) views.set(view.name, [...(views.get(view.name) ?? []), view]);
    for (const each of views.values()) {
      const held = mergedHeld(each, this.#needed(votes));
      if (held !== undefined) yield held;
    }
  }

  watch(broken: (name?: string) => void): Cancel {
    const cancels = this.#servers.map((server) => server.watch(broken));
    return () => {
      for (const cancel of cancels) cancel();
    };
  }

  /** Gives the servers that answered what they lack of a session that is alive. */
  async #repair(session: QuorumSession, votes: readonly Vote<unknown>[], ttlMs: number): Promise<void> {
    const answered = new Set(votes.flatMap((vote) => ("value" in vote ? [vote.server] : [])));
    const lacking = (server: number) => !session.isOn(server) || session.missingOn(server).length > 0;
    if (![...answered].some(lacking)) return;
    await this.#ballot.hold(
      async (server, index) => {
        if (!answered.has(index)) return;
        if (!session.isOn(index)) {
          const until = this.#untilOf(ttlMs);
          await server.open(session.id, ttlMs);
          session.kept(index, until);
        }
        for (const claim of session.missingOn(index)) {
          const { offer } = claim;
          const options = { session: session.id, claimMs: repairMs, waits: false, others: false };
          const outcome = await server.offer(offer, { ...options, leastFence: offer.fence });
          if (!("offer" in outcome) || !(await server.claim(offer, { id: session.id, until: 0 }))) continue;
          if (session.isCurrent(claim) && session.isOn(index)) claim.on.add(index);
          else await server.release(offer);
        }
      },
      () => false,
    );
  }

  #merged(votes: readonly Vote<HeldLock | undefined>[]): HeldLock | undefined {
    this.#answered(votes);
    return mergedHeld(
      valuesOf(votes).flatMap((view) => view ?? []),
      this.#needed(votes),
    );
  }

  /** On how many of those who answered a lock must be held to be held by a majority: those who said nothing may have it too. */
  #needed(votes: readonly Vote<unknown>[]): number {
    return this.#majority - (this.#servers.length - valuesOf(votes).length);
  }

  #askMost<T>(ask: (server: LockServer) => Promise<T>): Promise<readonly Vote<T>[]> {
    return this.#ballot.hold(ask, (values) => values.length >= this.#majority);
  }

  #askAll<T>(ask: (server: LockServer) => Promise<T>): Promise<readonly Vote<T>[]> {
    return this.#ballot.hold(ask, () => false);
  }

  /** @throws StoreUnavailableError unless a majority answered */
  #answered(votes: readonly Vote<unknown>[]): void {
    if (valuesOf(votes).length < this.#majority) throw this.#tooFew(votes);
  }

  /** What to throw; a definite failure, such as missing rights, goes before one that passes. */
  #tooFew(votes: readonly Vote<unknown>[]): unknown {
    const errors = votes.flatMap((vote) => ("error" in vote ? [vote.error] : []));
    const many = this.#servers.length;
    return (
      errors.find((error) => !(error instanceof StoreUnavailableError)) ??
      new StoreUnavailableError(`locks need ${this.#majority} of their ${many} servers, and too few answer`, {
        cause: errors[0],
      })
    );
  }

  #promise(session: QuorumSession): LockSession {
    session.promised = session.until;
    return { id: session.id, until: session.until };
  }

  #lost(id: string): undefined {
    this.#sessions.delete(id);
  }

  #untilOf(ttlMs: number): number {
    return this.#now + ttlMs * (1 - driftShare) - driftMs;
  }

  get #now(): number {
    return this.#clock.monotonic();
  }

  #checkLength(ttlMs: number): void {
    if (ttlMs <= this.#longestMs) return;
    throw new ConfigError(
      `lease: ${ttlMs} ms must be at most ${this.#longestMs} ms where locks are kept by several servers`,
    );
  }
}

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
