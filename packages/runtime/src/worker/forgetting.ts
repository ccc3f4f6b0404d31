import type { PartitionScope } from "./scope.js";
import type { Window } from "./window.js";

/** The window had room for this long: what waits in the queue has come. */
const caughtUpMs = 10_000;
/** Silent streams are looked for this often. */
const forgetMs = 10_000;

/** Forgets silent streams of a partition, if nothing of theirs can be waiting in the queue, or come back to it (delivery.md A.8). */
export class Forgetting {
  readonly #scope: PartitionScope;
  readonly #window: Window;
  readonly #inbox: { readonly held: number };
  #nextAt = Number.NEGATIVE_INFINITY;

  constructor(scope: PartitionScope, window: Window, inbox: { readonly held: number }) {
    this.#scope = scope;
    this.#window = window;
    this.#inbox = inbox;
  }

  /** @param now in ms by the clock's `monotonic()` */
  look(now: number): void {
    const { streams, commits, keptAnswers, services } = this.#scope;
    // At every look, so that a silence is counted from the last ack: until then the row keeps its frame from running twice.
    for (const { frame } of this.#window.unacked) streams.stillHeard(frame.headers.segments, now);
    if (now < this.#nextAt || this.#inbox.held > 0 || commits.unavailable) return;
    if (now - this.#window.fullAt < caughtUpMs) return;
    const { gathering } = commits;
    const forgotten = streams.forget(gathering, now, services.time.now());
    for (const { name } of forgotten) keptAnswers.forget(name);
    if (forgotten.length === 0) this.#nextAt = now + forgetMs;
    if (gathering.pressing) commits.commitSoon();
  }
}
