import { type HoldMode, attributes as named, type Span } from "@actor-runtime/core";
import type { TransactionEnd } from "../transactions/transaction-end.js";
import type { Holding } from "../worker/hold.js";
import type { Tracing } from "./tracing.js";
import { tellEnd } from "./transaction-trace.js";

/** The spans of what transactions hold: each from the turn that took the actor until it is free of the transaction. */
export class HoldTraces {
  readonly #tracing: Tracing;

  constructor(tracing: Tracing) {
    this.#tracing = tracing;
  }

  /** @param turn the span of the turn that takes the actor; `undefined`: nobody traces */
  taken(holding: Holding, turn: Span | undefined): void {
    if (turn === undefined || holding.span !== undefined) return;
    const span = this.#tracing.part("transaction.hold", turn, { [named.txId]: holding.id });
    holding.span = this.#tell(span, holding);
  }

  /** It was found in the store at takeover: the span of whoever took the actor is lost, or ended with that owner. */
  recovered(holding: Holding): void {
    if (!this.#tracing.on) return;
    const span = this.#tracing.resumption("transaction.recover", holding.trace, { [named.txId]: holding.id });
    holding.span = this.#tell(span, holding);
  }

  /** @param by the older transaction that waits for it */
  wounded({ span }: Holding, by: string): void {
    if (span?.recording) span.event("wounded", { [named.txBy]: by });
  }

  /** Says how it ends; the span itself ends with the commit that frees the actor. */
  over(span: Span, mode: HoldMode, end: TransactionEnd): void {
    span.set(named.txMode, mode);
    tellEnd(span, end);
  }

  /** The partition is given up; its next owner goes on. */
  lost({ span, hold }: Holding, reason: Error): void {
    if (span !== undefined) this.#tracing.fail(span, reason);
    for (const tell of hold.tentative?.tells ?? []) if (tell.span !== undefined) this.#tracing.fail(tell.span, reason);
  }

  #tell(span: Span, { mode, hold: { address } }: Holding): Span {
    if (!span.recording) return span;
    const slash = address.indexOf("/");
    span.set(named.actorType, address.slice(0, slash));
    span.set(named.txMode, mode);
    return this.#tracing.keyed(span, address.slice(slash + 1));
  }
}
