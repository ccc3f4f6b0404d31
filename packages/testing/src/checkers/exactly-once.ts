import type { Effect, History } from "./history.js";
import { Ledger } from "./ledger.js";
import { messagesOf, type Repeats } from "./messages.js";
import type { Violation } from "./violation.js";

/**
 * P1: a confirmed tell is in the final state exactly once or is exactly one dead letter with its cause; what was refused
 * with `effect: "none"` is in neither; what a turn told is there if, and only if, what the turn noted itself is.
 */
export function checkExactlyOnce(history: History): Violation[] {
  const ledger = new Ledger(history);
  const messages = messagesOf(history);
  return [
    ...messages.flatMap((message) => ends(message, ledger)),
    ...messages.flatMap((message) => matchesItsCalls(message, ledger)),
    ...sentOn(history, ledger),
    ...onlyOnce(history, messages),
    ...deadOnce(history, ledger),
  ];
}

function violation(address: string, message: string, what: string): Violation {
  return { promise: "P1", address, message, what };
}

function ends({ address, message, calls }: Repeats, ledger: Ledger): Violation[] {
  const pending = calls.some(({ kind, outcome, inTurn }) => kind === "tell" && outcome.state === "pending" && !inTurn);
  if (!pending) return [];
  const took = ledger.places(address, message).length > 0 ? "took effect" : "left no effect";
  return [violation(address, message, `the tell never ended for its sender, and ${took}`)];
}

function matchesItsCalls({ address, message, calls }: Repeats, ledger: Ledger): Violation[] {
  const places = ledger.places(address, message).length;
  const letters = ledger.causes(address, message).length;
  const refused = calls.every(({ outcome }) => outcome.state === "failed" && outcome.effect === "none");
  if (refused && places + letters > 0) {
    const found = places > 0 ? "took effect" : "became a dead letter";
    return [violation(address, message, `was refused with effect "none" and ${found}`)];
  }
  const confirmed = calls.some(({ outcome }) => outcome.state === "confirmed");
  if (confirmed && places + letters === 0 && ledger.knows(address)) {
    return [violation(address, message, "was confirmed and left neither an effect nor a dead letter")];
  }
  return [];
}

function sentOn({ finals }: History, ledger: Ledger): Violation[] {
  const wrong: Violation[] = [];
  for (const { address: sender, effects } of finals) {
    for (const { message: turn, sent = [] } of effects) {
      for (const { address, message } of sent) {
        if (!ledger.knows(address)) continue;
        if (ledger.places(address, message).length + ledger.causes(address, message).length > 0) continue;
        wrong.push(
          violation(address, message, `is missing although the turn of ${sender} that sent it, ${turn}, is not`),
        );
      }
    }
  }
  return wrong;
}

/** Every effect was sent by somebody, and there is one of it. */
function onlyOnce({ finals, calls }: History, messages: readonly Repeats[]): Violation[] {
  const wrong: Violation[] = [];
  const origins = new Set(messages.map(({ address, message }) => origin(address, message)));
  for (const { effects } of finals) {
    for (const sent of effects.flatMap((effect: Effect) => effect.sent ?? [])) {
      origins.add(origin(sent.address, sent.message));
    }
  }
  for (const { address, effects } of finals) {
    const seen = new Set<string>();
    for (const { message } of effects) {
      if (seen.has(message)) wrong.push(violation(address, message, "took effect twice"));
      seen.add(message);
      if (origins.has(origin(address, message))) continue;
      const asAsked = calls.length === 0 ? "nobody called" : "no call and no turn that took effect sent it";
      wrong.push(violation(address, message, `took effect although ${asAsked}`));
    }
  }
  return wrong;
}

function deadOnce({ deadLetters }: History, ledger: Ledger): Violation[] {
  const wrong: Violation[] = [];
  const seen = new Set<string>();
  for (const { address, message, cause } of deadLetters) {
    if (seen.has(origin(address, message))) wrong.push(violation(address, message, "became two dead letters"));
    seen.add(origin(address, message));
    if (cause === "") wrong.push(violation(address, message, "is a dead letter without a cause"));
    if (ledger.places(address, message).length > 0) {
      wrong.push(violation(address, message, "took effect and is a dead letter"));
    }
  }
  return wrong;
}

function origin(address: string, message: string): string {
  return JSON.stringify([address, message]);
}
