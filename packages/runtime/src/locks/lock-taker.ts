import {
  CancelledError,
  type Clock,
  DeadlockError,
  type LockAnswer,
  type LockLeases,
  type LockMode,
  type Random,
  UnknownTypeError,
} from "@actor-runtime/core";
import type { CallOptions, RefBy } from "../client/ref-types.js";
import { LockActor } from "./lock-actor.js";
import { NamedLock } from "./named-lock.js";
import { Patience } from "./patience.js";
import type { ProcessSessions } from "./process-sessions.js";

/** The lock actor is asked again after so long (ms), with the same request: the answer may be lost with its worker. */
const roundMs = 30_000;
/** An ask outlives by this much the patience it was made with, so that it is always the patience that ends first (ms). */
const lingerMs = 1_000;
/** Whoever does not wait for the lock still waits so long for the word that it cannot be had (ms). */
export const tryMs = 5_000;

export interface TakerServices {
  readonly leases: LockLeases;
  readonly clock: Clock;
  readonly random: Random;
  readonly ref: RefBy<Promise<void>>;
  readonly sessions: ProcessSessions;
  /** An offer was gone before it was claimed. */
  readonly unclaimed: () => void;
}

/** What is wanted of one lock. */
export interface Wanted {
  readonly name: string;
  readonly mode: LockMode;
  readonly leaseMs: number;
  /** In ms by the clock's `monotonic()`; `undefined`: only if it can be had at once. */
  readonly until: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Locks that the caller holds. */
  readonly holds: readonly string[];
}

/** The holder's side of the lock protocol: asks the lock actor, claims what it offers, and gives it back. */
export class LockTaker {
  readonly #services: TakerServices;
  readonly #prefix: string;
  #requests = 0;

  /** @param prefix names this process and no other, ever */
  constructor(services: TakerServices, prefix: string) {
    this.#services = services;
    this.#prefix = prefix;
  }

  /**
   * @returns `undefined`: it was not to be had in time
   * @throws DeadlockError, CancelledError, and what an ask throws that will not pass
   */
  async take(wanted: Wanted): Promise<NamedLock | undefined> {
    const { clock, random } = this.#services;
    const { name, until, signal } = wanted;
    const patience = new Patience(clock, random, until ?? clock.monotonic() + tryMs, signal);
    try {
      for (;;) {
        const taken = await this.#takeOnce(wanted, patience);
        if (taken !== "again") return taken;
      }
    } catch (error) {
      if (!patience.over) throw clearer(error);
      if (signal?.aborted) throw new CancelledError(`lock "${name}": the caller gave up`, "none", { cause: error });
      if (until === undefined && patience.failure !== undefined) throw patience.failure;
      return undefined;
    } finally {
      patience.close();
    }
  }

  /** Gives it back; resolves with whether the store heard of it. */
  async giveBack({ offer: { name, request } }: NamedLock): Promise<boolean> {
    try {
      const { wanted } = await this.#services.leases.release({ name, request });
      if (wanted) this.#told(this.#services.ref(LockActor, name).tell.released());
      return true;
    } catch {
      return false;
    }
  }

  /** One request, from asking to claiming. `again`: what it was offered, or would have been, is gone. */
  async #takeOnce(wanted: Wanted, patience: Patience): Promise<NamedLock | undefined | "again"> {
    const { leases, clock, sessions, ref } = this.#services;
    const { name, mode, leaseMs } = wanted;
    const session = await patience.persist(() => sessions.get(leaseMs));
    const done = session.use();
    const request = `${this.#prefix}/${++this.#requests}`;
    try {
      const answer = await patience.persist(() => this.#ask(wanted, request, session.lease.id, patience));
      if ("cycle" in answer) throw new DeadlockError(answer.cycle.map((lock) => `$Lock/${lock}`));
      if ("refused" in answer) {
        if (answer.refused !== "over") return undefined;
        session.end("its lease had ended at the store");
        return "again";
      }
      const offer = { name, request, mode, fence: answer.fence };
      const claimedAt = clock.monotonic();
      const claimed = await patience.persist(() => leases.claim(offer, session.lease));
      if (claimed && session.over === undefined) {
        return new NamedLock(offer, session, claimedAt, (lock) => this.giveBack(lock));
      }
      this.#services.unclaimed();
      return "again";
    } catch (error) {
      // Nobody is left to take what may be offered, or was just claimed.
      this.#told(ref(LockActor, name).tell.cancel(request));
      throw error;
    } finally {
      done();
    }
  }

  /** Asks until there is an answer: with the same request, so its place in the queue stays. */
  async #ask(
    { name, mode, holds, until, signal }: Wanted,
    request: string,
    session: string,
    patience: Patience,
  ): Promise<LockAnswer> {
    const waitMs = until === undefined ? 0 : Math.ceil(patience.leftMs);
    const timeout = Math.min(roundMs, Math.ceil(patience.leftMs) + lingerMs);
    const options: CallOptions = signal === undefined ? { timeout } : { timeout, signal };
    const asked = { request, mode, session, holds, waitMs };
    return (await this.#services.ref(LockActor, name).with(options).acquire(asked))!;
  }

  /** A lock actor that does not hear of it finds out by itself, a little later. */
  #told(tell: Promise<void>): void {
    tell.catch(() => {});
  }
}

function clearer(error: unknown): unknown {
  if (!(error instanceof UnknownTypeError)) return error;
  return new UnknownTypeError(
    "locks need a worker: none that hosts lock actors was ever started in this namespace; start one, with any actors",
    { cause: error },
  );
}
