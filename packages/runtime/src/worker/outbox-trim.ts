import type { Cancel, Destination } from "@actor-runtime/core";
import type { PartitionScope } from "./scope.js";

/** Confirmed outbox entries leave the store with the next commit, or after this time if there is none. */
const trimDelayMs = 1_000;

/** Takes out of the store what the broker has. */
export class OutboxTrim {
  readonly #scope: PartitionScope;
  #timer: Cancel | undefined;

  constructor(scope: PartitionScope) {
    this.#scope = scope;
  }

  /** The broker has all that goes to this target up to this number. */
  confirmed(target: Destination, number: number): void {
    if (!this.#scope.alive) return;
    const { commits, services } = this.#scope;
    commits.gathering.trim(target, number);
    this.#timer ??= services.ports.clock.after(trimDelayMs, () => {
      this.#timer = undefined;
      if (!this.#scope.alive) return;
      commits.gathering.mustWrite = true;
      commits.commitSoon();
    });
  }

  close(): void {
    this.#timer?.();
  }
}
