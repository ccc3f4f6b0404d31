import { type Clock, DeadlockError, type LockLeases, type LockMode, type LockOffer } from "@actor-runtime/core";
import type { LockCalls } from "./lock-calls.js";
import { lockAddress } from "./lock-messages.js";
import { NamedLock } from "./named-lock.js";
import type { Patience } from "./patience.js";
import type { ProcessSessions } from "./process-sessions.js";

/** The lock actor is asked again after so long (ms), with the same request: the answer may be lost with its worker. */
const roundMs = 30_000;

export interface TakerServices {
  readonly leases: LockLeases;
  readonly clock: Clock;
  /** The store's time, in ms since 1970. */
  readonly now: () => number;
  readonly calls: LockCalls;
  readonly sessions: ProcessSessions;
  /** An offer was gone before it was claimed. */
  readonly unclaimed: () => void;
}

/** What is wanted of one lock. */
export interface Wanted {
  readonly name: string;
  readonly mode: LockMode;
  readonly leaseMs: number;
  /** `false`: only if it can be had at once. */
  readonly waits: boolean;
  /** Locks that the caller holds. */
  readonly holds: readonly string[];
}

interface UnderWay {
  readonly name: string;
  /** Word of a broken lock came before that of its claim. */
  doubted: boolean;
}

/** The holder's side of the lock protocol: asks the lock actor, claims what it offers, and gives it back. */
export class LockTaker {
  readonly #services: TakerServices;
  readonly #prefix: string;
  /** Acquisitions under way, by request. */
  readonly #underWay = new Map<string, UnderWay>();
  #requests = 0;

  /** @param prefix names this process and no other, ever */
  constructor(services: TakerServices, prefix: string) {
    this.#services = services;
    this.#prefix = prefix;
  }

  /**
   * @returns `undefined`: it was not to be had in time
   * @throws DeadlockError, what an ask throws that will not pass, and the patience's reason when that is over
   */
  async take(wanted: Wanted, patience: Patience): Promise<NamedLock | undefined> {
    const since = this.#services.now();
    for (;;) {
      const taken = await this.#takeOnce(wanted, since, patience);
      if (taken !== "again") return taken;
    }
  }

  /** Gives it back; resolves with whether the store heard of it. */
  async giveBack({ offer: { name, request } }: NamedLock): Promise<boolean> {
    try {
      const { wanted } = await this.#services.leases.release({ name, request });
      if (wanted) this.#services.calls.released(name);
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Gives back what the store has as this process' own and nobody here holds: a store that lost its last writes forgot that it
   * was given back, and would keep it from others for as long as the session lives.
   */
  async giveBackStrays(): Promise<void> {
    const { leases, calls, sessions } = this.#services;
    if (sessions.idle) return;
    for await (const { name, holders } of leases.list("")) {
      for (const { request } of holders) {
        if (!this.#isStray(request)) continue;
        const { wanted } = await leases.release({ name, request });
        if (wanted) calls.released(name);
      }
    }
  }

  /** One request, from asking to claiming. `again`: what it was offered, or would have been, is gone. */
  async #takeOnce(wanted: Wanted, since: number, patience: Patience): Promise<NamedLock | undefined | "again"> {
    const { leases, clock, sessions, calls } = this.#services;
    const { name, mode, leaseMs, holds, waits } = wanted;
    const session = await patience.persist(() => sessions.get(leaseMs));
    const done = session.use();
    const request = `${this.#prefix}/${++this.#requests}`;
    const way: UnderWay = { name, doubted: false };
    this.#underWay.set(request, way);
    // The same request each time, so that its place in the queue stays.
    const ask = () => {
      const waitMs = waits ? Math.ceil(patience.leftMs) : 0;
      const asked = { request, mode, session: session.lease.id, holds, since, waitMs };
      return calls.acquire(name, asked, roundMs, patience);
    };
    let offer: LockOffer | undefined;
    try {
      const answer = await patience.persist(ask);
      if ("cycle" in answer) throw new DeadlockError(answer.cycle.map(lockAddress));
      if ("refused" in answer) {
        if (answer.refused === "busy") return undefined;
        // Late by the store's clock, which may have been set forward; here the patience decides.
        if (answer.refused === "over") session.end("its lease had ended at the store");
        return "again";
      }
      const made: LockOffer = { name, request, mode, fence: answer.fence };
      offer = made;
      const claimedAt = clock.monotonic();
      let claimed: boolean;
      do {
        way.doubted = false;
        claimed = await patience.persist(() => leases.claim(made, session.lease));
      } while (claimed && way.doubted);
      if (claimed && session.over === undefined) {
        return new NamedLock(made, session, claimedAt, (lock) => this.giveBack(lock));
      }
      this.#services.unclaimed();
      return "again";
    } catch (error) {
      // It may have been offered the lock, or have claimed it just now.
      calls.cancel(name, request);
      // That may not arrive, and what is claimed lasts as long as the session.
      if (offer !== undefined) session.owe(offer);
      throw error;
    } finally {
      this.#underWay.delete(request);
      done();
    }
  }

  /** Locks of this name, or of any, may have been broken: what is being claimed just now is claimed once more. */
  doubt(name: string | undefined): void {
    for (const way of this.#underWay.values()) if (name === undefined || way.name === name) way.doubted = true;
  }

  /** It is one of this process, and nobody here holds a lock by it or is about to. */
  #isStray(request: string): boolean {
    return (
      request.startsWith(`${this.#prefix}/`) && !this.#underWay.has(request) && !this.#services.sessions.holds(request)
    );
  }
}
