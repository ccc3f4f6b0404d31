import { ClosedError, type Random } from "@actor-runtime/core";
import { ProcessSession, type SessionServices } from "./process-session.js";

/** The sessions of this process, one per lease time that is in use. */
export class ProcessSessions {
  readonly #services: SessionServices;
  readonly #random: Random;
  readonly #prefix: string;
  readonly #byLease = new Map<number, Promise<ProcessSession>>();
  readonly #live = new Set<ProcessSession>();
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
  get live(): Iterable<ProcessSession> {
    return this.#live;
  }

  /** None is open. */
  get idle(): boolean {
    return this.#live.size === 0;
  }

  /** Whether somebody holds a lock by this request. */
  holds(request: string): boolean {
    for (const session of this.#live) if (session.holds(request)) return true;
    return false;
  }

  /** Gives all of them back, and opens no other. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#byLease.values());
    await Promise.all(Array.from(this.#live, (session) => session.close()));
  }

  #open(leaseMs: number): Promise<ProcessSession> {
    const opening = this.#services.leases.open(`${this.#prefix}/${this.#random.id()}`, leaseMs).then((lease) => {
      const session = new ProcessSession(this.#services, lease, leaseMs, () => {
        this.#live.delete(session);
        forget();
      });
      this.#live.add(session);
      return session;
    });
    const forget = () => {
      if (this.#byLease.get(leaseMs) === opening) this.#byLease.delete(leaseMs);
    };
    this.#byLease.set(leaseMs, opening);
    opening.catch(forget);
    return opening;
  }
}
