import type { Clock } from "@actor-runtime/core";

/** Deliveries that are held back for a missing message. */
export interface HeldDeliveries {
  readonly held: number;
  /** What those wait for that are held since this time or before, in ms by the clock's `monotonic()`. */
  holes(heldSince: number): string[];
}

/** Held deliveries are looked at again after this time, if none was held for long enough. */
const againMs = 100;

/**
 * Says when deliveries are held in vain (delivery.md O2): at once when they fill the window, and when one was held for
 * `holdMs` and the lease was renewed since: a zombie with a stale row misses what is there.
 */
export class HoldWatch {
  readonly #deliveries: HeldDeliveries;
  readonly #clock: Clock;
  readonly #holdMs: number;
  readonly #window: number;
  readonly #wedged: (overdue: readonly string[]) => void;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;

  /** @param wedged called with what was waited for as long as it may be */
  constructor(
    deliveries: HeldDeliveries,
    clock: Clock,
    holdMs: number,
    window: number,
    wedged: (overdue: readonly string[]) => void,
  ) {
    this.#deliveries = deliveries;
    this.#clock = clock;
    this.#holdMs = holdMs;
    this.#window = window;
    this.#wedged = wedged;
  }

  leaseRenewed(): void {
    this.#renewedAt = this.#clock.monotonic();
  }

  /** One more delivery is held. */
  watch(): void {
    this.#cancel ??= this.#clock.after(this.#holdMs, this.#look);
    if (this.#deliveries.held >= this.#window) this.#wedged([]);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  readonly #look = (): void => {
    // Set before anything else, so that whoever is told may stop it.
    this.#cancel = this.#clock.after(againMs, this.#look);
    const heldSince = Math.min(this.#clock.monotonic() - this.#holdMs, this.#renewedAt);
    const overdue = this.#deliveries.holes(heldSince);
    if (overdue.length > 0) this.#wedged(overdue);
  };
}
