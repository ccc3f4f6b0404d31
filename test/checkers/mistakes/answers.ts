import { callsThat, effectOf, expected, finalOf, type Mistake, neverEnds, placeOf } from "../mistake.js";

export const answers: readonly Mistake[] = [
  {
    promise: "P2",
    title: "an answered ask that left nothing",
    make(history, pick) {
      const call = pick(callsThat(history, "answered", "ask"));
      if (call) finalOf(history, call).effects.splice(placeOf(history, call), 1);
      return call && expected(call, /answered and left no effect/);
    },
  },
  {
    promise: "P2",
    title: "an answered ask that took effect twice",
    make(history, pick) {
      const call = pick(callsThat(history, "answered", "ask"));
      if (call) finalOf(history, call).effects.push(effectOf(history, call)!);
      return call && expected(call, /answered and took effect 2 times/);
    },
  },
  {
    promise: "P2",
    title: "an answered ask that is a dead letter",
    make(history, pick) {
      const call = pick(callsThat(history, "answered", "ask"));
      if (call) history.deadLetters.push({ address: call.address, message: call.message, cause: "Error: no" });
      return call && expected(call, /answered and is a dead letter/);
    },
  },
  {
    promise: "P2",
    title: "two answers under one key",
    make(history, pick) {
      const repeated = callsThat(history, "answered", "ask").filter(({ message }) => {
        const repeats = history.calls.filter((other) => other.message === message);
        return repeats.length > 1 && repeats.every(({ outcome }) => outcome.state === "answered");
      });
      const call = pick(repeated);
      if (call) call.outcome = { state: "answered", value: "another" };
      return call && expected(call, /different answers under one key: .*"another"/);
    },
  },
  {
    promise: "P2",
    title: "an ask that never ended for its caller",
    make(history, pick) {
      const call = pick(callsThat(history, "answered", "ask"));
      if (call) neverEnds(call);
      return call && expected(call, /the ask never ended/);
    },
  },
  {
    promise: "P2",
    title: "a query that never ended for its caller",
    make(history, pick) {
      const call = pick(callsThat(history, "answered", "query"));
      if (call) neverEnds(call);
      return call && expected(call, /the query never ended/);
    },
  },
];
