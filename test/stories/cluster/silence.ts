import { partitionOf } from "@actor-runtime/core";
import type { TimedEntry } from "../chaos/chatter.js";

/** How clients fared while partitions moved; ms. */
export interface Silence {
  /** By partition, the longest time in which none of its actors answered. With an ask every few ms, that is how long it had no owner. */
  readonly partitions: readonly number[];
  /** The longest wait for an answer; longer where an answer was lost and had to be asked for again. */
  readonly longestWait: number;
}

export function silenceIn(journal: readonly TimedEntry[], partitions: number): Silence {
  const answers = journal.filter(({ end }) => end.is === "answered").sort((a, b) => a.ended - b.ended);
  const over = journal.reduce((latest, { began }) => Math.max(latest, began), 0);
  const last: number[] = [];
  const longest = Array.from({ length: partitions }, () => 0);
  for (const { key, ended } of answers) {
    // Nothing is asked any more, so that silence says nothing.
    if (ended > over) break;
    const index = partitionOf(key, partitions);
    longest[index] = Math.max(longest[index]!, ended - (last[index] ?? ended));
    last[index] = ended;
  }
  const longestWait = answers.reduce((most, { began, ended }) => Math.max(most, ended - began), 0);
  return { partitions: longest, longestWait };
}
