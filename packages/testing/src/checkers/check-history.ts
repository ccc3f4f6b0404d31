import { checkAnswers } from "./answers.js";
import { checkExactlyOnce } from "./exactly-once.js";
import { checkFreeNeighbours, type NeighbourOptions } from "./free-neighbours.js";
import type { History } from "./history.js";
import { checkLostWrites } from "./lost-writes.js";
import { checkOneHistory } from "./one-history.js";
import { checkOneTurn } from "./one-turn.js";
import { checkSenderOrder } from "./sender-order.js";
import type { Violation } from "./violation.js";

/** By then every owner has learned that the store went back, at the latest when it renewed its lease. */
const noticedWithinMs = 10_000;

/**
 * All checkers at once. Where the store went back in time, less is promised and so less is checked: see
 * {@link checkLostWrites}.
 *
 * @example expect(checkHistory(recorder.history()).map(describeViolation)).toEqual([])
 */
export function checkHistory(history: History, options: NeighbourOptions = {}): Violation[] {
  const always = [...checkOneTurn(history), ...checkFreeNeighbours(history, options)];
  const rewound = history.rewinds.at(-1);
  if (rewound !== undefined) {
    const calls = history.calls.filter(({ begun }) => begun.ms > rewound.to.ms + noticedWithinMs);
    return [...checkLostWrites(history), ...checkOneHistory({ ...history, calls }), ...always];
  }
  return [
    ...checkExactlyOnce(history),
    ...checkAnswers(history),
    ...checkSenderOrder(history),
    ...checkOneHistory(history),
    ...always,
  ];
}
