import type { Call } from "@actor-runtime/testing";
import type { Open, OpenHistory } from "../good-history.js";
import { callsThat, effectOf, expected, finalOf, type Mistake, neverEnds, placeOf } from "../mistake.js";

export const exactlyOnce: readonly Mistake[] = [
  {
    promise: "P1",
    title: "a confirmed tell that left nothing",
    make(history, pick) {
      const call = pick(plainTells(history));
      if (call) finalOf(history, call).effects.splice(placeOf(history, call), 1);
      return call && expected(call, /confirmed and left neither/);
    },
  },
  {
    promise: "P1",
    title: "a message that took effect twice",
    make(history, pick) {
      const call = pick(plainTells(history));
      if (call) finalOf(history, call).effects.push(effectOf(history, call)!);
      return call && expected(call, /took effect twice/);
    },
  },
  {
    promise: "P1",
    title: "a message that took effect and is a dead letter",
    make(history, pick) {
      const call = pick(plainTells(history));
      if (call) history.deadLetters.push({ address: call.address, message: call.message, cause: "Error: no" });
      return call && expected(call, /took effect and is a dead letter/);
    },
  },
  {
    promise: "P1",
    title: "a message that became two dead letters",
    make(history, pick) {
      const letter = pick(history.deadLetters);
      if (letter) history.deadLetters.push({ ...letter });
      return letter && expected(letter, /two dead letters/);
    },
  },
  {
    promise: "P1",
    title: "a dead letter without a cause",
    make(history, pick) {
      const letter = pick(history.deadLetters);
      if (letter) letter.cause = "";
      return letter && expected(letter, /without a cause/);
    },
  },
  {
    promise: "P1",
    title: "a call refused with effect none that took effect",
    make(history, pick) {
      const call = pick(refused(history));
      if (call) finalOf(history, call).effects.push({ message: call.message });
      return call && expected(call, /refused with effect "none" and took effect/);
    },
  },
  {
    promise: "P1",
    title: "a call refused with effect none that became a dead letter",
    make(history, pick) {
      const call = pick(refused(history));
      if (call) history.deadLetters.push({ address: call.address, message: call.message, cause: "Error: no" });
      return call && expected(call, /refused with effect "none" and became a dead letter/);
    },
  },
  {
    promise: "P1",
    title: "an effect that nobody sent",
    make(history, pick) {
      const final = pick(history.finals)!;
      final.effects.push({ message: "made-up" });
      return expected({ address: final.address, message: "made-up" }, /no call and no turn/);
    },
  },
  {
    promise: "P1",
    title: "a turn that took effect without what it told on",
    make(history, pick) {
      const sent = pick(history.finals.flatMap(({ effects }) => effects.flatMap((effect) => effect.sent ?? [])));
      if (sent) finalOf(history, sent).effects.splice(placeOf(history, sent), 1);
      return sent && expected(sent, /is missing although the turn of Source\/. that sent it, m\d+, is not/);
    },
  },
  {
    promise: "P1",
    title: "a turn that left nothing but what it told on",
    make(history, pick) {
      const effect = pick(history.finals.flatMap(({ effects }) => effects.filter(({ sent }) => sent !== undefined)));
      const [sent] = effect?.sent ?? [];
      if (effect) delete effect.sent;
      return sent && expected(sent, /no call and no turn that took effect sent it/);
    },
  },
  {
    promise: "P1",
    title: "a tell that never ended for its sender",
    make(history, pick) {
      const call = pick(callsThat(history, "confirmed"));
      if (call) neverEnds(call);
      return call && expected(call, /the tell never ended/);
    },
  },
];

/** Confirmed tells that left an effect from which no turn told anything on. */
function plainTells(history: OpenHistory): Open<Call>[] {
  return callsThat(history, "confirmed").filter((call) => {
    const effect = effectOf(history, call);
    return effect !== undefined && effect.sent === undefined;
  });
}

function refused(history: OpenHistory): Open<Call>[] {
  return callsThat(history, "failed").filter(({ outcome }) => "effect" in outcome && outcome.effect === "none");
}
