import type { Graph } from "./graph.js";
import type { ListTransaction } from "./list-history.js";
import { endOf } from "./lost-appends.js";

/**
 * Who ended before who began, without an edge for each such pair: ends are nodes in the order of time, each leads to the next,
 * and the last one before a transaction begins leads to it.
 *
 * @param transactions they are the nodes of the graph from 0 on
 */
export function addRealTime(graph: Graph, transactions: readonly ListTransaction[]): void {
  const ends = transactions
    .map((transaction, node) => ({ node, at: endOf(transaction) }))
    .filter(({ at }) => at < Number.POSITIVE_INFINITY)
    .toSorted((a, b) => a.at - b.at);
  const begins = transactions.map(({ begun }, node) => ({ node, at: begun })).toSorted((a, b) => a.at - b.at);
  let moment: number | undefined;
  let next = 0;
  for (const begin of begins) {
    for (let end = ends[next]; end !== undefined && end.at < begin.at; end = ends[++next]) {
      const before = moment;
      moment = graph.node();
      graph.add({ kind: "rt", from: end.node, to: moment });
      if (before !== undefined) graph.add({ kind: "step", from: before, to: moment });
    }
    if (moment !== undefined) graph.add({ kind: "step", from: moment, to: begin.node });
  }
}
