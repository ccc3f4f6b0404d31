import { LockLostError, type LockOffer } from "@actor-runtime/core";
import type { ProcessSession, SessionLock } from "./process-session.js";

/** One lock that this process holds, shared by the nested bodies that took it again. */
export class NamedLock implements SessionLock {
  readonly offer: LockOffer;
  claimedAt: number;
  readonly #session: ProcessSession;
  readonly #giveBack: (lock: NamedLock) => Promise<boolean>;
  readonly #watchers = new Set<(error: LockLostError) => void>();
  #holders = 0;
  #lost: LockLostError | undefined;

  /** @param giveBack tells the store; resolves with whether it heard */
  constructor(
    offer: LockOffer,
    session: ProcessSession,
    claimedAt: number,
    giveBack: (lock: NamedLock) => Promise<boolean>,
  ) {
    this.offer = offer;
    this.claimedAt = claimedAt;
    this.#session = session;
    this.#giveBack = giveBack;
    session.add(this);
  }

  /** Why it is lost, if it is, or was given back; by the clock. */
  get lost(): LockLostError | undefined {
    // Looking at the session tells this lock.
    if (this.#session.over !== undefined && this.#lost === undefined) this.lose("its lease has ended");
    return this.#lost;
  }

  /** Looks whether the store still has it so. */
  confirm(): Promise<void> {
    return this.#session.confirm(this);
  }

  /** One more body runs under it, and hears of its loss until it gives it back. */
  hold(onLost: (error: LockLostError) => void): void {
    this.#holders++;
    this.#watchers.add(onLost);
  }

  /** The last one gives it back to the store, unless it is lost: then there is nothing to give. */
  async letGo(onLost: (error: LockLostError) => void): Promise<void> {
    this.#watchers.delete(onLost);
    if (--this.#holders > 0 || this.lost !== undefined) return;
    // Code that the body left behind, and that takes the lock again from now on, must not have it.
    this.#lost = this.#error("it was given back");
    const released = await this.#giveBack(this);
    this.#session.remove(this, released);
  }

  lose(reason: string): void {
    if (this.#lost !== undefined) return;
    this.#lost = this.#error(reason);
    this.#session.remove(this, true);
    for (const watcher of [...this.#watchers]) watcher(this.#lost);
  }

  #error(reason: string): LockLostError {
    const { name, fence } = this.offer;
    const data = { lock: name, fence };
    return new LockLostError(`lock "${name}" (fence ${fence}) is lost: ${reason}`, "unknown", { data });
  }
}
