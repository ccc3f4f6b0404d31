import { messageText } from "@actor-runtime/core";
import { Unanswered } from "../client/unanswered.js";
import type { PartitionScope } from "./scope.js";

/** The word of a silent partition to itself must be back this long after the broker had it. */
const echoMs = 10_000;

/** A word of a partition to itself; it knows when the broker had it. */
class Ping extends Unanswered {
  confirmedAt: number | undefined;
  readonly #now: () => number;

  constructor(expiresAt: number, now: () => number) {
    super(messageText({ to: "", kind: "ping", handler: "" }, "[]"), undefined, expiresAt);
    this.#now = now;
  }

  override confirmed(): void {
    this.confirmedAt = this.#now();
  }
}

/**
 * Finds a queue that takes messages and delivers none: one without a leader, on a node in the minority, or with a consumer that
 * the broker has lost sight of. Nothing else would tell it from a quiet one (DESIGN.md section 7).
 */
export class Pulse {
  readonly #scope: PartitionScope;
  #heard = true;
  #heardAt = 0;
  #ping: Ping | undefined;

  constructor(scope: PartitionScope) {
    this.#scope = scope;
  }

  /** Something was delivered. */
  heard(): void {
    this.#heard = true;
  }

  /** Whether the mailbox does not deliver what it took. Sends a word after a long silence; to be called now and then. */
  isLost(): boolean {
    const now = this.#now();
    if (this.#heard) {
      this.#heard = false;
      this.#heardAt = now;
      this.#ping = undefined;
    }
    if (this.#ping === undefined) {
      if (now - this.#heardAt >= this.#scope.services.limits.silenceMs) this.#send(now);
      return false;
    }
    const { confirmedAt, done } = this.#ping;
    // The broker did not take it: that is not the queue's silence.
    if (done) this.#ping = undefined;
    return confirmedAt !== undefined && now - confirmedAt >= echoMs;
  }

  #send(now: number): void {
    const { services, partition } = this.#scope;
    this.#ping = new Ping(now + echoMs, () => this.#now());
    services.lanes.lane(partition).send(this.#ping);
  }

  #now(): number {
    return this.#scope.services.ports.clock.monotonic();
  }
}
