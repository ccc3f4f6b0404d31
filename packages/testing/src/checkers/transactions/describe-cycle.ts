import type { Cycle } from "./cycles.js";
import { describeOperation } from "./describe-operation.js";
import type { Edge } from "./graph.js";
import type { ListTransaction } from "./list-history.js";
import type { TransactionViolation } from "./transaction-violation.js";

/** What follows what, and then what each transaction did. */
export function describeCycle(
  { anomaly, edges }: Cycle,
  transactions: readonly ListTransaction[],
): TransactionViolation {
  const links = withoutMoments(edges).map(({ from, to, edge }) => ({
    edge,
    earlier: transactions[from]!,
    later: transactions[to]!,
  }));
  const members = links.map(({ earlier }) => earlier);
  const what = `${links.map(describeLink).join("; ")}. ${members.map(describeTransaction).join("; ")}`;
  return { anomaly, transactions: members.map(({ id }) => id), what };
}

interface Link {
  readonly edge: Edge;
  readonly earlier: ListTransaction;
  readonly later: ListTransaction;
}

/** Edges from transaction to transaction. */
function withoutMoments(edges: readonly Edge[]): { from: number; to: number; edge: Edge }[] {
  const isStart = ({ kind }: Edge) => kind !== "step";
  const starts = edges.filter(isStart);
  return starts.map((edge, index) => ({ from: edge.from, to: starts[(index + 1) % starts.length]!.from, edge }));
}

function describeLink({ edge: { kind, key, value }, earlier, later }: Link): string {
  switch (kind) {
    case "ww":
      return `${later.id} appended ${value} to ${key} after ${earlier.id} had appended to it`;
    case "wr":
      return `${later.id} read ${value} of ${key}, which ${earlier.id} appended`;
    case "rw":
      return `${earlier.id} read ${key} without ${value}, which ${later.id} appended`;
    case "rt":
    case "step":
    default:
      return `${earlier.id} had ended at ${earlier.ended} before ${later.id} began at ${later.begun}`;
  }
}

function describeTransaction({ id, process, begun, ended, outcome, operations }: ListTransaction): string {
  const end = ended === undefined ? "…" : String(ended);
  return `${id} by ${process}, ${begun}–${end}, ${outcome}: ${operations.map(describeOperation).join(", ")}`;
}
