import type { AbortReason, Participation, TransactionOutcome } from "@actor-runtime/core";

/** How a worker speaks with coordinators of transactions, and for those it began with their participants. */
export interface Coordinators {
  /** @param wound the older transaction that waits for it */
  inquire(id: string, until: number, wound?: string): Promise<TransactionOutcome>;
  abort(id: string, reason: AbortReason, until: number): Promise<TransactionOutcome>;
  commit(
    id: string,
    members: Readonly<Record<string, Participation>>,
    until: number,
  ): Promise<TransactionOutcome>;
  /** Word to a participant that its caller gave up; one that is lost is made up for by its inquiry. */
  tellAbort(address: string, id: string): void;
}
