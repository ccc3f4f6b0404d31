import type { CommitRecord } from "@actor-runtime/core";
import type { Instrument, Meter } from "./meter.js";
import type { Tally } from "./tally.js";

/** What is measured of the partitions of one mailbox. */
export class MailboxMetrics {
  readonly lost: () => void;
  readonly #meter: Meter;
  readonly #taken: Instrument;
  readonly #takeover: Instrument;
  readonly #released: Instrument;
  readonly #handoff: Instrument;
  readonly #commitDuration: Instrument;
  readonly #commitMessages: Instrument;
  readonly #commitSize: Instrument;

  constructor(meter: Meter, mailbox: string) {
    const { telemetry } = meter;
    const labels = { mailbox };
    this.#meter = meter;
    this.lost = () => telemetry.count("actor.partitions_lost", 1, labels);
    this.#taken = telemetry.counter("actor.partitions_taken", labels);
    this.#takeover = telemetry.histogram("actor.takeover.duration", labels);
    this.#released = telemetry.counter("actor.partitions_released", labels);
    this.#handoff = telemetry.histogram("actor.handoff.duration", labels);
    this.#commitDuration = telemetry.histogram("actor.commit.duration", labels);
    this.#commitMessages = telemetry.histogram("actor.commit.messages", labels);
    this.#commitSize = telemetry.histogram("actor.commit.size", labels);
  }

  /** A partition is served. @param leasedAt since when its lease is held, by the clock's `monotonic()` */
  taken(leasedAt: number): void {
    this.#taken(1);
    this.#takeover(this.#since(leasedAt));
  }

  /** A partition was given up in good order. @param beganAt by the clock's `monotonic()` */
  released(beganAt: number): void {
    this.#released(1);
    this.#handoff(this.#since(beganAt));
  }

  /** A commit is known to have succeeded. @param writtenAt when it was written first, by the clock's `monotonic()` */
  committed({ states, out }: CommitRecord, tally: Tally, writtenAt: number): void {
    tally.count();
    if (!this.#meter.telemetry.measuring) return;
    this.#commitDuration(this.#since(writtenAt));
    this.#commitMessages(tally.messages);
    let size = 0;
    for (const { state } of states) size += state?.length ?? 0;
    for (const { message } of out) size += message.length;
    this.#commitSize(size);
  }

  /** In seconds. */
  #since(moment: number): number {
    return (this.#meter.clock.monotonic() - moment) / 1_000;
  }
}
