import type { Telemetry } from "@actor-runtime/core";

export type LockOutcome = "acquired" | "busy" | "timeout" | "deadlock" | "cancelled" | "failed";

/** What this process' use of locks is measured by. */
export class LockMetrics {
  readonly #telemetry: Telemetry;
  readonly #waited = new Map<LockOutcome, (seconds: number) => void>();
  readonly #heldFor: (seconds: number) => void;
  #held = 0;
  #waiting = 0;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
    this.#heldFor = telemetry.histogram("actor.lock.hold.duration");
  }

  /** Acquisitions of this process that are not given back yet. */
  get holding(): number {
    return this.#held;
  }

  /** Acquisitions of this process that have no outcome yet. */
  get waiting(): number {
    return this.#waiting;
  }

  waits(): void {
    this.#waiting += 1;
  }

  waited(outcome: LockOutcome, ms: number): void {
    this.#waiting -= 1;
    let record = this.#waited.get(outcome);
    if (record === undefined) {
      record = this.#telemetry.histogram("actor.lock.wait.duration", { outcome });
      this.#waited.set(outcome, record);
    }
    record(ms / 1_000);
  }

  held(change: 1 | -1): void {
    this.#held += change;
  }

  released(ms: number, lost: boolean): void {
    this.#heldFor(ms / 1_000);
    if (lost) this.#telemetry.count("actor.lock.lost", 1);
  }

  unclaimed(): void {
    this.#telemetry.count("actor.lock.unclaimed", 1);
  }
}
