import { attributes as named, type PartitionId, type Span } from "@actor-runtime/core";
import type { Tracing } from "./tracing.js";

/** More are not linked: a full group has hundreds, and each is found by its commit's number. */
const maxLinks = 32;

/** The spans that end with one commit: the turns in it, what they told, and what transactions held. */
export class CommitTrace {
  readonly #tracing: Tracing;
  readonly #partition: PartitionId;
  readonly #seq: number;
  readonly #now: () => number;
  readonly #processed: Span[] = [];
  /** When each of them was done. */
  readonly #doneAt: number[] = [];
  readonly #errors = new Map<Span, unknown>();
  readonly #others: Span[] = [];
  #commit: Span | undefined;

  /** @param now in ms by the clock's `monotonic()` */
  constructor(tracing: Tracing, partition: PartitionId, seq: number, now: () => number) {
    this.#tracing = tracing;
    this.#partition = partition;
    this.#seq = seq;
    this.#now = now;
  }

  /** A turn, or whatever else became of a message. With an error its span ends as failed, although it commits. */
  processed(span: Span, error: unknown): void {
    this.#processed.push(span);
    this.#doneAt.push(this.#now());
    if (error !== undefined) this.#errors.set(span, error);
  }

  /** A tell, which is durably on its way from this commit on; or a part of a transaction, which is over. */
  ends(span: Span): void {
    this.#others.push(span);
  }

  /** The commit is being written. */
  begin(): void {
    const [first, ...others] = this.#processed;
    if (first === undefined) return;
    const attributes = {
      [named.partition]: this.#partition,
      [named.commitSeq]: this.#seq,
      [named.batchCount]: others.length + 1,
    };
    const links = others.slice(0, maxLinks).map(({ headers }) => headers);
    this.#commit = this.#tracing.part("state.commit", first, attributes, links);
  }

  /** The store did not answer; the same commit is written again. */
  retried(error: unknown): void {
    this.#commit?.event("retried", { [named.errorType]: (error as Error).name });
  }

  committed(): void {
    this.#commit?.end();
    const now = this.#now();
    for (const [index, span] of this.#processed.entries()) {
      span.set(named.commitWait, now - this.#doneAt[index]!);
      span.set(named.commitSeq, this.#seq);
      this.#tracing.end(span, this.#errors.get(span));
    }
    for (const span of this.#others) span.end();
  }

  /** The partition was lost: whether the commit took effect is known to the next owner. */
  lost(reason: Error): void {
    if (this.#commit) this.#tracing.fail(this.#commit, reason);
    for (const span of this.#processed) this.#tracing.fail(span, reason);
    for (const span of this.#others) this.#tracing.fail(span, reason);
  }
}
