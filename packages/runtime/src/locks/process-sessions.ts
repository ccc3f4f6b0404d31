import { ClosedError, type Random } from "@actor-runtime/core";
import { ProcessSession, type SessionServices } from "./process-session.js";

/** The sessions of this process, one per lease time that is in use. */
export class ProcessSessions {
  readonly #services: SessionServices;
  readonly #random: Random;
  readonly #prefix: string;
  readonly #byLease = new Map<number, Promise<ProcessSession>>();
  #closed = false;

  /** @param prefix names this process in the ids of its sessions */
  constructor(services: SessionServices, random: Random, prefix: string) {
    this.#services = services;
    this.#random = random;
    this.#prefix = prefix;
  }

  /**
   * One that has not ended. Who gets it calls `use` at once, or it may be given back.
   *
   * @throws ClosedError after {@link close}
   */
  async get(leaseMs: number): Promise<ProcessSession> {
    for (;;) {
      if (this.#closed) throw new ClosedError("the system is closed: it takes no locks any more");
      const session = await (this.#byLease.get(leaseMs) ?? this.#open(leaseMs));
      if (session.over === undefined) return session;
    }
  }

  /** All that are open now. */
  async open(): Promise<ProcessSession[]> {
    const sessions = await Promise.allSettled(this.#byLease.values());
    return sessions.flatMap((session) => (session.status === "fulfilled" ? session.value : []));
  }

  /** Gives all of them back, and opens no other. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all((await this.open()).map((session) => session.close()));
  }

  #open(leaseMs: number): Promise<ProcessSession> {
    const closed = () => {
      if (this.#byLease.get(leaseMs) === opening) this.#byLease.delete(leaseMs);
    };
    const opening = this.#services.leases
      .open(`${this.#prefix}/${this.#random.id()}`, leaseMs)
      .then((lease) => new ProcessSession(this.#services, lease, leaseMs, closed));
    this.#byLease.set(leaseMs, opening);
    opening.catch(closed);
    return opening;
  }
}
