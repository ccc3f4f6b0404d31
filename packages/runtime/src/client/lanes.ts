import type { Broker, Clock, Destination, Random } from "@actor-runtime/core";
import { Lane } from "./lane.js";
import { OutboundStream } from "./outbound-stream.js";

/** The lanes of this process, one per destination, and its own stream in each. */
export class Lanes {
  readonly #broker: Broker;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #lanes = new Map<Destination, Lane>();
  readonly #streams = new Map<Destination, OutboundStream>();

  constructor(broker: Broker, clock: Clock, random: Random) {
    this.#broker = broker;
    this.#clock = clock;
    this.#random = random;
  }

  lane(to: Destination): Lane {
    let lane = this.#lanes.get(to);
    if (!lane) this.#lanes.set(to, (lane = new Lane(to, this.#broker, this.#clock, this.#random)));
    return lane;
  }

  /** This process's own stream to a partition, opened at the first send. */
  stream(to: Destination): OutboundStream {
    let stream = this.#streams.get(to);
    if (!stream) this.#streams.set(to, (stream = new OutboundStream(this.#clock.now(), this.#random.id())));
    return stream;
  }

  get idle(): boolean {
    for (const lane of this.#lanes.values()) if (!lane.idle) return false;
    return true;
  }

  dropOutbox(stream: string): void {
    for (const lane of this.#lanes.values()) lane.dropOutbox(stream);
  }

  close(): void {
    for (const lane of this.#lanes.values()) lane.close();
  }
}
