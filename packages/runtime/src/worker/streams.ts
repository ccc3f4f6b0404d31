import {
  type ActorError,
  ClockSkewError,
  InboundStream,
  OverloadedError,
  type Segment,
  StaleStreamError,
  streamOpenedAt,
} from "@actor-runtime/core";
import type { Limits } from "../options.js";
import type { CommitGroup } from "./commit-group.js";

/** A finished stream is forgotten this long after its last ack: by then none of them is on its way any more. */
const finishedMs = 60_000;
/** How far a sender's clock may be ahead of the store's. */
const maxSkewMs = 60_000;
/** So many rows leave with one commit; more wait for the next look. */
const maxForgotten = 1_000;
const retryMs = 10_000;

/**
 * Every sender stream an owner knows, and how long those of clients have been silent (delivery.md O3, A.8). Outbox streams
 * are known for ever: there are no more of them than partitions.
 */
export class Streams {
  readonly #limits: Pick<Limits, "streamRetentionMs" | "maxStreams">;
  readonly #streams = new Map<string, InboundStream>();
  /** Clients' streams and when they were last heard, the one longest silent first; finished ones by themselves. */
  readonly #silent = new Map<InboundStream, number>();
  readonly #finished = new Map<InboundStream, number>();
  /** Streams with passed holes, and since when they may be waiting for late copies. */
  readonly #passed = new Map<InboundStream, number>();
  /** The youngest opening time that was forgotten. */
  #floor: number;

  /** @param now when this owner took over, in ms by the clock's `monotonic()`, as every `now` below */
  constructor(
    rows: ReadonlyMap<string, string>,
    floor: number,
    limits: Pick<Limits, "streamRetentionMs" | "maxStreams">,
    now: number,
  ) {
    this.#limits = limits;
    this.#floor = floor;
    for (const [name, row] of rows) {
      const stream = InboundStream.parse(name, row);
      this.#streams.set(name, stream);
      this.heard(stream, now);
      if (stream.hasPassedHoles) this.#passed.set(stream, now);
    }
  }

  find(name: string): InboundStream | undefined {
    return this.#streams.get(name);
  }

  /** Whether the number of a publication, `stream:number`, is applied. */
  hasApplied(publication: string): boolean {
    const colon = publication.lastIndexOf(":");
    const stream = this.#streams.get(publication.slice(0, colon));
    return stream?.hasApplied(Number(publication.slice(colon + 1))) ?? false;
  }

  /** O3: why a stream that is not known is not taken; `undefined`: it may be opened. */
  refusal(name: string, storeTime: number): ActorError | undefined {
    const openedAt = streamOpenedAt(name);
    if (openedAt === undefined) return undefined;
    const { maxStreams, streamRetentionMs } = this.#limits;
    if (openedAt <= this.#floor) {
      return new StaleStreamError(
        `stream ${name} is too old to be known: what was silent for ${streamRetentionMs} ms is forgotten, and may have been applied before`,
      );
    }
    if (openedAt > storeTime + maxSkewMs) {
      const aheadMs = Math.round(openedAt - storeTime);
      return new ClockSkewError(`stream ${name} was opened by a clock that is ${aheadMs} ms ahead of the store's`);
    }
    if (this.#streams.size >= maxStreams) {
      return new OverloadedError(`${maxStreams} senders have streams to this partition already`, "partition", retryMs);
    }
    return undefined;
  }

  /** O3: a stream never heard of has an empty row. */
  open(name: string, now: number): InboundStream {
    const stream = InboundStream.unknown(name);
    this.#streams.set(name, stream);
    this.heard(stream, now);
    return stream;
  }

  /** Something of it has come. */
  heard(stream: InboundStream, now: number): void {
    if (stream.openedAt === undefined) return;
    const ages = stream.finished ? this.#finished : this.#silent;
    // Last in the order of the map.
    ages.delete(stream);
    ages.set(stream, now);
  }

  /** Frames of them may come again: their silence begins later. */
  stillHeard(segments: readonly Segment[], now: number): void {
    for (const { stream: name } of segments) {
      const stream = this.#streams.get(name);
      if (stream !== undefined) this.heard(stream, now);
    }
  }

  /** Only now the owner sees what waits in the queue: every silence begins anew. */
  consuming(now: number): void {
    for (const stream of this.#streams.values()) this.heard(stream, now);
  }

  /** S9: its last word has come. */
  finished(stream: InboundStream, now: number): void {
    this.#silent.delete(stream);
    this.heard(stream, now);
  }

  /** O2: a hole of it was given up. */
  passed(stream: InboundStream, now: number): void {
    this.#passed.delete(stream);
    this.#passed.set(stream, now);
  }

  /**
   * A.8: rows that are silent for long enough go with this commit, and passed holes of that age close. Only for an owner that
   * is caught up: a message of a silent stream may be in a backlog.
   *
   * @returns the streams forgotten
   */
  forget(group: CommitGroup, now: number, storeTime: number): InboundStream[] {
    const forgotten = this.#forgettable(now, storeTime);
    for (const stream of forgotten) {
      this.#streams.delete(stream.name);
      this.#silent.delete(stream);
      this.#finished.delete(stream);
      this.#passed.delete(stream);
      group.forget(stream);
    }
    const retentionMs = this.#limits.streamRetentionMs;
    for (const [stream, since] of this.#passed) {
      if (now - since < retentionMs) break;
      this.#passed.delete(stream);
      stream.closeHoles();
      group.touch(stream);
    }
    return forgotten;
  }

  /** The `floor` follows those that might be published once more. */
  #forgettable(now: number, storeTime: number): InboundStream[] {
    const forgettable: InboundStream[] = [];
    for (const [stream, since] of this.#finished) {
      if (now - since < finishedMs || forgettable.length === maxForgotten) break;
      if (!stream.finished || stream.hasPassedHoles) {
        // There is more of it than its last word said.
        this.#finished.delete(stream);
        this.#silent.set(stream, since);
      } else if (stream.settled) {
        forgettable.push(stream);
      }
    }
    const { streamRetentionMs } = this.#limits;
    for (const [stream, since] of this.#silent) {
      if (now - since < streamRetentionMs || forgettable.length === maxForgotten) break;
      const openedAt = stream.openedAt!;
      // So the floor stays that far behind the store's time, and no clock can close a partition to new streams.
      if (openedAt > storeTime - streamRetentionMs || !stream.settled) continue;
      this.#floor = Math.max(this.#floor, openedAt);
      forgettable.push(stream);
    }
    return forgettable;
  }

  /** The commit that forgets a stream raises the floor in the store to this. */
  get floor(): number {
    return this.#floor;
  }
}
