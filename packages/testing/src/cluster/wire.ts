import type { Clock } from "@actor-runtime/core";
import type { Path } from "@actor-runtime/embedded";

/** Carries tasks one way; each takes its time, none overtakes another, as on a TCP connection. */
export class Wire {
  readonly #clock: Clock;
  readonly #latencyMs: () => number;
  readonly #underWay: (() => void)[] = [];
  #lastArrival = 0;
  #blocked = false;
  /** Arrivals whose time has come while it was blocked. */
  #overdue = 0;

  constructor(clock: Clock, latencyMs: () => number) {
    this.#clock = clock;
    this.#latencyMs = latencyMs;
  }

  readonly carry = (task: () => void): void => {
    const now = this.#clock.monotonic();
    this.#lastArrival = Math.max(this.#lastArrival, now + this.#latencyMs());
    this.#underWay.push(task);
    this.#clock.after(this.#lastArrival - now, this.#arrive);
  };

  /** Nothing arrives any more; what is under way waits. */
  block(): void {
    this.#blocked = true;
  }

  /** What waits arrives now, all else in its time. */
  unblock(): void {
    this.#blocked = false;
    for (; this.#overdue > 0; this.#overdue--) this.#clock.after(0, this.#arrive);
  }

  // First in, first out, even if rounding should swap two arrivals.
  readonly #arrive = (): void => {
    if (this.#blocked) this.#overdue += 1;
    else this.#underWay.shift()!();
  };
}

/** How a process holds its end of a path. */
export interface End {
  readonly hasEnded: boolean;
  /** Something leaves the process: at once, later, or never. */
  send(task: () => void): void;
  /** Something has come to the process. */
  run(task: () => void): void;
}

/** The way between a process and one half of the world. */
export class WirePath implements Path {
  readonly #end: End;
  readonly #out: Wire;
  readonly #in: Wire;

  constructor(end: End, clock: Clock, latencyMs: () => number) {
    this.#end = end;
    this.#out = new Wire(clock, latencyMs);
    this.#in = new Wire(clock, latencyMs);
  }

  readonly there = (task: () => void): void => this.#end.send(() => this.#out.carry(task));

  readonly back = (task: () => void): void => {
    if (!this.#end.hasEnded) this.#in.carry(() => this.#end.run(task));
  };

  block(): void {
    this.#out.block();
    this.#in.block();
  }

  unblock(): void {
    this.#out.unblock();
    this.#in.unblock();
  }

  /** The process has ended: the last that comes from it, after all it had sent. */
  hangUp(task: () => void): void {
    this.#out.carry(task);
  }
}
