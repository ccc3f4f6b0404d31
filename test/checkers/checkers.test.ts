import {
  checkAnswers,
  checkExactlyOnce,
  checkFreeNeighbours,
  checkHistory,
  checkLostWrites,
  checkOneHistory,
  checkOneTurn,
  checkSenderOrder,
  describeViolation,
  type History,
  type Violation,
} from "@actor-runtime/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { goodHistory } from "./good-history.js";
import { badHistory, finalOf, type Mistake, placeOf } from "./mistake.js";
import { answers } from "./mistakes/answers.js";
import { exactlyOnce } from "./mistakes/exactly-once.js";
import { freeNeighbours } from "./mistakes/free-neighbours.js";
import { answered, loseAll, lostWrites } from "./mistakes/lost-writes.js";
import { oneHistory } from "./mistakes/one-history.js";
import { oneTurn } from "./mistakes/one-turn.js";
import { senderOrder } from "./mistakes/sender-order.js";

const numRuns = 500;
const seeds = fc.integer({ min: 1, max: 2 ** 31 });

const checkers: Readonly<Record<Violation["promise"], (history: History) => Violation[]>> = {
  P1: checkExactlyOnce,
  P2: checkAnswers,
  P3: checkSenderOrder,
  P6: checkOneHistory,
  P7: checkOneTurn,
  P8: checkFreeNeighbours,
};

const mistakes = [...exactlyOnce, ...answers, ...senderOrder, ...oneHistory, ...oneTurn, ...freeNeighbours];

describe("checkers of histories", () => {
  it(`accept ${numRuns} good histories`, () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(checkHistory(goodHistory(seed)).map(describeViolation)).toEqual([]);
      }),
      { numRuns },
    );
  });

  it.each(mistakes)(`$promise: reject ${numRuns} histories with $title`, (mistake) => {
    rejects(mistake, checkers[mistake.promise]);
  });
});

describe("where the store lost writes, the checker", () => {
  it(`accepts ${numRuns} histories of which it lost anything`, () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const history = goodHistory(seed);
        loseAll(history);
        for (const { effects } of history.finals) effects.splice(seed % (effects.length + 1));
        expect(checkLostWrites(history).map(describeViolation)).toEqual([]);
      }),
      { numRuns },
    );
  });

  it("accepts an ask whose answer was lost, and that ran again without effect for nobody: it was called missing", () => {
    const history = goodHistory(1);
    const [call] = answered(history);
    loseAll(history);
    finalOf(history, call!).effects.splice(placeOf(history, call!), 1);
    const { worker, activation, address, message } = history.turns.find((run) => run.message === call!.message)!;
    const [begun, ended] = [200_000, 200_001].map((at) => ({ step: at, ms: at }));
    // Its worker loses the partition before it commits; to the next one, the caller's time is over.
    const again = { kind: "handler", worker, activation, address, message, begun: begun!, ended: ended! } as const;
    history.turns.push({ ...again, end: "returned" });
    expect(checkLostWrites(history).map(describeViolation)).toEqual([]);
  });

  it.each(lostWrites)(`$promise: rejects ${numRuns} histories with $title`, (mistake) => {
    rejects(mistake, checkLostWrites);
  });
});

/** It finds the mistake, names the message and says what is wrong with it; and blames no other promise. */
function rejects(mistake: Mistake, check: (history: History) => Violation[]): void {
  fc.assert(
    fc.property(seeds, (seed) => {
      const { history, expected } = badHistory(mistake, seed);
      const found = check(history);
      const named = found.filter(
        ({ address, message }) => address === expected.address && message === expected.message,
      );
      expect(named.map(({ what }) => what).filter((what) => expected.what.test(what))).not.toEqual([]);
      expect(new Set(found.map(({ promise }) => promise))).toEqual(new Set([mistake.promise]));
    }),
    { numRuns },
  );
}
