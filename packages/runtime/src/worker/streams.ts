import { InboundStream } from "@actor-runtime/core";
import type { CommitGroup } from "./commit-group.js";

/** Every sender stream an owner knows, and which kept answers their senders still need. */
export class Streams {
  readonly #streams = new Map<string, InboundStream>();
  /** Per stream: number of a plain ask → its address, in the order answered. */
  readonly #answered = new Map<string, Map<number, string>>();

  constructor(rows: ReadonlyMap<string, string>) {
    for (const [name, row] of rows) this.#streams.set(name, InboundStream.parse(name, row));
  }

  /** The stream, with an empty row if it was never heard of (O3). */
  get(name: string): InboundStream {
    let stream = this.#streams.get(name);
    if (!stream) this.#streams.set(name, (stream = InboundStream.unknown(name)));
    return stream;
  }

  /** A plain ask has an answer in the store, until its sender says that it got it. */
  answered(stream: string, number: number, address: string): void {
    let asks = this.#answered.get(stream);
    if (!asks) this.#answered.set(stream, (asks = new Map()));
    asks.set(number, address);
  }

  /** The sender has all answers below `settled`: they leave with the next commit. */
  settle(stream: string, settled: number, group: CommitGroup): void {
    const asks = this.#answered.get(stream);
    if (!asks) return;
    // In the order answered, so one that overtook a slower ask may stay a little longer.
    for (const [number, address] of asks) {
      if (number >= settled) return;
      asks.delete(number);
      group.settled.push({ address, identity: `${stream}:${number}` });
    }
  }
}
