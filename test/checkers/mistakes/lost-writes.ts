import type { Call } from "@actor-runtime/testing";
import type { Open, OpenHistory } from "../good-history.js";
import { callsThat, effectOf, expected, finalOf, type Mistake, placeOf } from "../mistake.js";

const longMs = 60_000;

export const lostWrites: readonly Mistake[] = [
  {
    promise: "P1",
    title: "a message sent after the store went back that is missing",
    make(history, pick) {
      const call = pick(told(history));
      if (!call) return undefined;
      const { step, ms } = call.begun;
      history.rewinds.push({ from: { step: step - 2, ms }, to: { step: step - 1, ms } });
      finalOf(history, call).effects.splice(placeOf(history, call), 1);
      return expected(call, /missing although no commit of it can be lost/);
    },
  },
  {
    promise: "P1",
    title: "a message handled long before what the store went back to that is missing",
    make(history, pick) {
      const call = pick(told(history));
      if (!call) return undefined;
      const last = Math.max(...history.turns.map(({ ended, begun }) => (ended ?? begun).ms)) + longMs;
      history.rewinds.push({ from: { step: 100_000, ms: last }, to: { step: 100_001, ms: last } });
      finalOf(history, call).effects.splice(placeOf(history, call), 1);
      return expected(call, /missing although no commit of it can be lost/);
    },
  },
  {
    promise: "P1",
    title: "an ask that was answered before what the store went back to and is missing",
    make(history, pick) {
      const call = pick(answered(history));
      if (!call) return undefined;
      const { step, ms } = call.ended!;
      history.rewinds.push({ from: { step: step + 1, ms }, to: { step: 100_000, ms: ms + longMs } });
      finalOf(history, call).effects.splice(placeOf(history, call), 1);
      return expected(call, /missing although no commit of it can be lost/);
    },
  },
  {
    promise: "P1",
    title: "an ask that was made again after the store went back, answered, and is missing",
    make(history, pick) {
      const call = pick(answered(history));
      if (!call) return undefined;
      loseAll(history);
      const again = { step: 100_001, ms: longMs + 1 };
      history.calls.push({ ...call, begun: again, ended: { step: 100_002, ms: longMs + 2 } });
      finalOf(history, call).effects.splice(placeOf(history, call), 1);
      return expected(call, /missing although no commit of it can be lost/);
    },
  },
  {
    promise: "P1",
    title: "a message of a client that took effect twice",
    make(history, pick) {
      const call = pick(told(history));
      if (!call) return undefined;
      loseAll(history);
      finalOf(history, call).effects.push(effectOf(history, call)!);
      return expected(call, /took effect 2 times/);
    },
  },
  {
    promise: "P1",
    title: "a call refused with effect none since the store went back that took effect",
    make(history, pick) {
      const refused = callsThat(history, "failed").filter(
        ({ outcome }) => "effect" in outcome && outcome.effect === "none",
      );
      const call = pick(refused);
      if (!call) return undefined;
      history.rewinds.push({ from: { step: -2, ms: 0 }, to: { step: -1, ms: 0 } });
      finalOf(history, call).effects.push({ message: call.message });
      return expected(call, /refused with effect "none" and is there/);
    },
  },
];

/** The store goes back, after all else, to what it held before all else. */
export function loseAll(history: OpenHistory): void {
  history.rewinds.push({ from: { step: 0, ms: 0 }, to: { step: 100_000, ms: longMs } });
}

/** Confirmed tells that took effect. */
function told(history: OpenHistory): Open<Call>[] {
  return callsThat(history, "confirmed").filter((call) => effectOf(history, call) !== undefined);
}

/** Asks that were answered and took effect. */
export function answered(history: OpenHistory): Open<Call>[] {
  return callsThat(history, "answered", "ask").filter((call) => effectOf(history, call) !== undefined);
}
