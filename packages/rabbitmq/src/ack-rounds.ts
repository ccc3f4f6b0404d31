import type { Clock } from "@actor-runtime/core";

/**
 * Acks wait this long for others. Nothing waits for an ack but room in the window, and after a crash the frames of these few
 * milliseconds come again and are dropped.
 */
const roundMs = 20;

/** Lets the acks of all channels leave together: one write to the socket wakes the broker once, and not once per channel. */
export class AckRounds {
  readonly #clock: Clock;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs it with the next round. */
  join(ack: () => void): void {
    if (this.#waiting.length === 0) this.#clock.after(roundMs, this.#round);
    this.#waiting.push(ack);
  }

  readonly #round = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const ack of waiting) ack();
  };
}
