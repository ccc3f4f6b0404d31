import { grouped } from "../groups.js";
import type { Committed } from "./committed.js";
import { Graph } from "./graph.js";
import { lastOfOthers } from "./intermediate-reads.js";
import type { ListTransaction, ListValue } from "./list-history.js";
import type { UnseenAppend } from "./lost-appends.js";
import { addRealTime } from "./real-time.js";

/** Who comes after whom: the transactions are the first nodes of the graph, in their order. */
export function dependencies(committed: Committed, unseen: readonly UnseenAppend[]): Graph {
  const graph = new Graph();
  const nodes = new Map(committed.transactions.map((transaction) => [transaction, graph.node()]));
  const add = (kind: "ww" | "wr" | "rw", from: ListTransaction, to: ListTransaction, key: string, value: ListValue) => {
    graph.add({ kind, from: nodes.get(from)!, to: nodes.get(to)!, key, value });
  };

  // Whatever their order, they come after all that was read; what is lost has no place.
  const beyond = grouped(
    unseen.filter(({ missedBy }) => missedBy === undefined),
    ({ append }) => append.key,
  );

  for (const key of committed.keys) {
    const versions = committed.versions(key);
    for (let place = 1; place < versions.size; place++) {
      const { value, transaction } = versions.at(place)!;
      add("ww", versions.at(place - 1)!.transaction, transaction, key, value);
    }
    const last = versions.at(versions.size - 1)?.transaction;
    for (const { transaction, append } of beyond.get(key) ?? []) {
      if (last !== undefined) add("ww", last, transaction, key, append.value);
    }
  }

  for (const sound of committed.reads) {
    const { reader, read } = sound;
    const last = lastOfOthers(committed, sound);
    // It shows no version that anybody should have seen.
    if (last?.isLast === false) continue;
    const { key } = read;
    const versions = committed.versions(key);
    if (last !== undefined) add("wr", last.transaction, reader, key, last.value);
    const next = versions.at(versions.seenBy(read));
    if (next !== undefined) add("rw", reader, next.transaction, key, next.value);
    else for (const { transaction, append } of beyond.get(key) ?? []) add("rw", reader, transaction, key, append.value);
  }

  addRealTime(graph, committed.transactions);
  return graph;
}
