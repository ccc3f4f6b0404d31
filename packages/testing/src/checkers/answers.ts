import type { Call, History, Outcome } from "./history.js";
import { Ledger } from "./ledger.js";
import { messagesOf, type Repeats } from "./messages.js";
import type { Violation } from "./violation.js";

type Answered = Call & { readonly outcome: Extract<Outcome, { state: "answered" }> };

/**
 * P2: an ask that was answered took effect exactly once, however often it was repeated under its key, and every repeat got
 * the same answer.
 */
export function checkAnswers(history: History): Violation[] {
  const ledger = new Ledger(history);
  return [...messagesOf(history).flatMap((message) => checkAsk(message, ledger)), ...queriesEnd(history)];
}

function checkAsk({ address, message, calls }: Repeats, ledger: Ledger): Violation[] {
  const wrong: Violation[] = [];
  const report = (what: string) => void wrong.push({ promise: "P2", address, message, what });
  const asks = calls.filter(({ kind }) => kind === "ask");
  if (asks.some(({ outcome, inTurn }) => outcome.state === "pending" && !inTurn)) {
    report("the ask never ended for its caller");
  }
  const answered = asks.filter(wasAnswered);
  if (answered.length === 0) return wrong;
  const places = ledger.places(address, message).length;
  if (ledger.knows(address) && places === 0) report("was answered and left no effect");
  if (places > 1) report(`was answered and took effect ${places} times`);
  if (ledger.causes(address, message).length > 0) report("was answered and is a dead letter");
  const values = new Set(answered.map(({ outcome }) => JSON.stringify(outcome.value)));
  if (values.size > 1) report(`got different answers under one key: ${[...values].join(" and ")}`);
  return wrong;
}

function queriesEnd({ calls }: History): Violation[] {
  return calls
    .filter(({ kind, outcome, inTurn }) => kind === "query" && outcome.state === "pending" && !inTurn)
    .map(({ address, message }) => ({ promise: "P2", address, message, what: "the query never ended for its caller" }));
}

function wasAnswered(call: Call): call is Answered {
  return call.outcome.state === "answered";
}
