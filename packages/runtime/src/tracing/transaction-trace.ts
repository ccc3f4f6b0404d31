import { attributes as named, type Span, type TransactionContext } from "@actor-runtime/core";
import type { CommitPath, TransactionEnd } from "../transactions/transaction-end.js";
import type { Tracing } from "./tracing.js";

/** The spans of one transaction where it began: the whole of it, and each run of its body. */
export class TransactionTrace {
  readonly #tracing: Tracing;
  readonly #span: Span;
  #attempts = 0;
  #last: string | undefined;
  #members = 0;

  /** It begins as a part of what the running body does. */
  constructor(tracing: Tracing) {
    this.#tracing = tracing;
    this.#span = tracing.part("transaction", undefined);
  }

  /** Runs code so that its attempts lie inside. */
  run<R>(code: () => R): R {
    return this.#span.run(code);
  }

  /** The body runs once more; what it asks, and its commit, belong inside. */
  attempt({ id }: TransactionContext, number: number): Span {
    this.#attempts = number;
    this.#last = id;
    const attributes = { [named.txId]: id, ...(number > 1 && { [named.attempt]: number }) };
    return this.#tracing.part("transaction.attempt", this.#span, attributes);
  }

  /** @param error why it did not commit */
  attempted(span: Span, members: number, end: TransactionEnd, error?: unknown): void {
    this.#members = members;
    if (span.recording) span.set(named.txMembers, members);
    tellEnd(span, end);
    this.#tracing.end(span, error);
  }

  ended(end: TransactionEnd, error?: unknown): void {
    const span = this.#span;
    if (!span.recording) return;
    if (this.#last !== undefined) span.set(named.txId, this.#last);
    span.set(named.txAttempts, this.#attempts);
    span.set(named.txMembers, this.#members);
    tellEnd(span, end);
    this.#tracing.end(span, error);
  }
}

/**
 * Everybody has promised to commit, and somebody decides.
 *
 * @param of what the commit is a part of; default: what the running body does
 */
export function commitSpan(tracing: Tracing, id: string, members: number, path: CommitPath, of?: Span): Span {
  const attributes = { [named.txId]: id, [named.txMembers]: members, [named.txPath]: path };
  return tracing.part("transaction.commit", of, attributes);
}

/** Tells how a transaction ended. */
export function tellEnd(span: Span, { outcome, reason, by }: TransactionEnd): void {
  if (!span.recording) return;
  span.set(named.txOutcome, outcome);
  if (reason !== undefined) span.set(named.txReason, reason);
  if (by !== undefined) span.set(named.txBy, by);
}
