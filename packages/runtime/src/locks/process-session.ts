import {
  type Cancel,
  type Clock,
  keepClaimedMs,
  type LockLeases,
  LockLostError,
  type LockOffer,
  type LockSession,
  type Logger,
} from "@actor-runtime/core";

/** A holder stops this long before its lease ends: 1 % of it for clocks that run apart, and what a timer may be late. */
const driftShare = 0.01;
const marginMs = 52;

/** A lock that hangs on a session. */
export interface SessionLock {
  readonly offer: LockOffer;
  /** When the store last said that it is held, in ms by the clock's `monotonic()`. */
  claimedAt: number;
  /** It is not held any more, for this reason. */
  lose(reason: string): void;
  confirm(): Promise<void>;
}

export interface SessionServices {
  readonly leases: LockLeases;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The lease on which all locks of this process with one lease time hang: one renewal keeps them all, and when it ends they are
 * lost together. A session that has ended never comes back; the next lock opens another.
 */
export class ProcessSession {
  readonly #services: SessionServices;
  readonly #ttlMs: number;
  readonly #closed: () => void;
  /** By request. */
  readonly #locks = new Map<string, SessionLock>();
  /** What the store may still have as this session's own although nobody holds it. */
  readonly #unreleased = new Set<LockOffer>();
  /** Acquisitions under way. */
  #users = 0;
  #lease: LockSession;
  #usedAt: number;
  #over: LockLostError | undefined;
  #cancelRenewal: Cancel = () => {};
  #cancelEnd: Cancel = () => {};

  /** @param closed called once it is over, or given back because nothing used it any more */
  constructor(services: SessionServices, lease: LockSession, ttlMs: number, closed: () => void) {
    this.#services = services;
    this.#lease = lease;
    this.#ttlMs = ttlMs;
    this.#closed = closed;
    this.#usedAt = services.clock.monotonic();
    this.#renewLater(ttlMs / 3);
    this.#endLater();
  }

  get lease(): LockSession {
    return this.#lease;
  }

  /** Why its locks are lost, if they are. By the clock, so also after the event loop was blocked and no timer could run. */
  get over(): LockLostError | undefined {
    if (this.#over === undefined && this.#services.clock.monotonic() >= this.#stopAt) {
      this.end("its lease was not renewed in time");
    }
    return this.#over;
  }

  get idle(): boolean {
    return this.#users === 0 && this.#locks.size === 0 && this.#unreleased.size === 0;
  }

  get locks(): Iterable<SessionLock> {
    return this.#locks.values();
  }

  /** Whether somebody holds a lock by this request. */
  holds(request: string): boolean {
    return this.#locks.has(request);
  }

  /** An acquisition begins, which needs it to be there; returns how to end that. */
  use(): () => void {
    this.#users++;
    return () => {
      this.#users--;
      this.#usedAt = this.#services.clock.monotonic();
    };
  }

  add(lock: SessionLock): void {
    this.#locks.set(lock.offer.request, lock);
  }

  /** @param released `false`: the store does not know yet */
  remove(lock: SessionLock, released: boolean): void {
    this.#locks.delete(lock.offer.request);
    this.#usedAt = this.#services.clock.monotonic();
    if (!released) this.owe(lock.offer);
  }

  /** To be released with the next renewal: the store did not say whether it was, or whether it was claimed at all. */
  owe(offer: LockOffer): void {
    if (this.#over === undefined) this.#unreleased.add(offer);
  }

  /** Gives it back, and everything it claimed. */
  async close(): Promise<void> {
    this.end("the system was closed");
    await this.#giveUp();
  }

  /** Its locks are lost, whatever the store says. */
  end(reason: string): void {
    if (this.#over !== undefined) return;
    this.#over = new LockLostError(`the locks of this process are lost: ${reason}`, "unknown");
    this.#cancelRenewal();
    this.#cancelEnd();
    this.#closed();
    for (const lock of this.#locks.values()) lock.lose(reason);
    this.#locks.clear();
    this.#unreleased.clear();
  }

  /** Looks whether a lock is still this process' own. */
  async confirm(lock: SessionLock): Promise<void> {
    try {
      if (await this.#services.leases.claim(lock.offer, this.#lease)) lock.claimedAt = this.#services.clock.monotonic();
      else lock.lose("somebody took it away");
    } catch (error) {
      this.#services.log.warn(
        { err: error, lock: lock.offer.name },
        "it could not be looked up whether a lock is still held",
      );
    }
  }

  /** Also what is lost already may have been renewed at the store just now, and would keep its locks from others. */
  async #giveUp(): Promise<void> {
    await this.#services.leases.close(this.#lease).catch(() => {});
  }

  get #stopAt(): number {
    return this.#lease.until - this.#ttlMs * driftShare - marginMs;
  }

  #endLater(): void {
    const { clock } = this.#services;
    this.#cancelEnd();
    this.#cancelEnd = clock.after(Math.max(0, this.#stopAt - clock.monotonic()), () => {
      if (this.over === undefined) this.#endLater();
    });
  }

  #renewLater(ms: number): void {
    this.#cancelRenewal();
    this.#cancelRenewal = this.#services.clock.after(ms, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const { leases, clock, log } = this.#services;
    if (this.over !== undefined) return;
    if (this.idle && clock.monotonic() - this.#usedAt >= this.#ttlMs / 3) {
      this.end("nobody needed it");
      await this.#giveUp();
      return;
    }
    try {
      const renewed = await leases.renew(this.#lease, this.#ttlMs);
      if (this.#over !== undefined) {
        await this.#giveUp();
        return;
      }
      if (renewed === undefined) {
        this.end("its lease had ended at the store");
        return;
      }
      this.#lease = renewed;
      this.#endLater();
      this.#renewLater(this.#ttlMs / 3);
      await this.#lookAfterLocks(clock.monotonic());
    } catch (error) {
      if (this.#over !== undefined) {
        await this.#giveUp();
        return;
      }
      log.warn({ err: error }, "the lease of this process' locks could not be renewed; it will be tried again");
      this.#renewLater(this.#ttlMs / 12);
    }
  }

  async #lookAfterLocks(now: number): Promise<void> {
    for (const offer of this.#unreleased) {
      // Else at the next renewal.
      const released = await this.#services.leases.release(offer).catch(() => undefined);
      if (released !== undefined) this.#unreleased.delete(offer);
    }
    for (const lock of this.#locks.values()) if (now - lock.claimedAt > keepClaimedMs / 3) await lock.confirm();
  }
}
