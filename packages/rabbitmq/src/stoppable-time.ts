import type { Clock } from "@actor-runtime/core";

/** Milliseconds that rise, and stand still while the connection is blocked: no confirm can come then (delivery.md S4). */
export class StoppableTime {
  readonly #clock: Pick<Clock, "monotonic">;
  /** What the clock is ahead by. */
  #lead = 0;
  #stoppedAt: number | undefined;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  get now(): number {
    return (this.#stoppedAt ?? this.#clock.monotonic()) - this.#lead;
  }

  stop(): void {
    this.#stoppedAt ??= this.#clock.monotonic();
  }

  go(): void {
    if (this.#stoppedAt === undefined) return;
    this.#lead += this.#clock.monotonic() - this.#stoppedAt;
    this.#stoppedAt = undefined;
  }
}
