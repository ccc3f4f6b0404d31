import {
  ActorError,
  type Clock,
  ClosedError,
  LockLostError,
  OverloadedError,
  type Random,
  retryDelayMs,
} from "@actor-runtime/core";

import type { CallSignal } from "../client/call-target.js";

const backoff = { firstMs: 20, maxMs: 1_000 };

/**
 * How long somebody is willing to wait: until a time, or until he is told to stop. It is itself what withdraws his calls then:
 * an AbortController for each lock that is taken would be a fifth of what the lock costs its process.
 */
export class Patience implements CallSignal {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #until: number;
  readonly #over: Promise<never>;
  readonly #stops: (() => void)[] = [];
  readonly #listeners = new Set<() => void>();
  #reject!: (reason: unknown) => void;
  #aborted = false;
  #reason: unknown;
  #failure: unknown;

  /** @param until in ms by the clock's `monotonic()` */
  constructor(clock: Clock, random: Random, until: number, signal: AbortSignal | undefined) {
    this.#clock = clock;
    this.#random = random;
    this.#until = until;
    this.#over = new Promise((_, reject) => {
      this.#reject = reject;
    });
    // Nobody may be waiting for anything just then.
    this.#over.catch(() => {});
    const left = Math.max(0, until - clock.monotonic());
    this.#stops.push(clock.after(left, () => this.#end(new Error("time is up"))));
    if (signal === undefined) return;
    const stop = () => this.#end(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    this.#stops.push(() => signal.removeEventListener("abort", stop));
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.delete(listener);
  }

  get leftMs(): number {
    return Math.max(0, this.#until - this.#clock.monotonic());
  }

  /** What the last try failed with. */
  get failure(): unknown {
    return this.#failure;
  }

  /**
   * What `work` comes to, tried again as long as what it fails with may pass.
   *
   * @throws what will not pass, and the reason of the end when it is over; `work` goes on then
   */
  async persist<R>(work: () => Promise<R>): Promise<R> {
    for (let failures = 1; ; failures++) {
      try {
        return await this.#wait(work());
      } catch (error) {
        if (this.#aborted || !mayPass(error)) throw error;
        this.#failure = error;
        await this.#sleep(retryDelayMs(failures, backoff, this.#random.next()));
      }
    }
  }

  /** Ends the waiting for its end. */
  close(): void {
    for (const stop of this.#stops) stop();
  }

  #end(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    this.#reject(reason);
    for (const listener of [...this.#listeners]) listener();
  }

  #wait<R>(work: Promise<R>): Promise<R> {
    return Promise.race([work, this.#over]);
  }

  async #sleep(ms: number): Promise<void> {
    let cancel = () => {};
    const slept = new Promise<void>((resolve) => {
      cancel = this.#clock.after(ms, resolve);
    });
    await this.#wait(slept).finally(() => cancel());
  }
}

function mayPass(error: unknown): boolean {
  // A lost lock is the caller's own, around what he waits for: it stays lost.
  if (error instanceof ClosedError || error instanceof LockLostError) return false;
  // Too many wait already: if all who are told so came again, it would stay full.
  if (error instanceof OverloadedError && error.scope === "actor") return false;
  return error instanceof ActorError && error.retryable;
}
