import { grouped } from "./groups.js";
import type { Call, Effect, History, Seen, TurnRun } from "./history.js";
import { Ledger } from "./ledger.js";
import type { Violation } from "./violation.js";

/**
 * P6: however many activations of an actor there were at a time, it has one history. Every answer shows a beginning of the
 * final state; no client sees it go back; and of activations that overlapped, only one left effects.
 */
export function checkOneHistory(history: History): Violation[] {
  const ledger = new Ledger(history);
  return [
    ...history.calls.flatMap((call) => isBeginning(call, ledger)),
    ...neverBack(history),
    ...oneOwnerAtATime(history),
  ];
}

function violation(address: string, message: string, what: string): Violation {
  return { promise: "P6", address, message, what };
}

function seenBy({ outcome }: Call): Seen | undefined {
  return outcome.state === "answered" ? outcome.seen : undefined;
}

function isBeginning(call: Call, ledger: Ledger): Violation[] {
  const { address, message, kind } = call;
  const seen = seenBy(call);
  if (seen === undefined || !ledger.knows(address)) return [];
  const { count, last } = seen;
  if (kind === "ask" && last !== message) {
    return [violation(address, message, `its answer shows message ${last} as the last effect and not its own`)];
  }
  const effects = ledger.effects(address);
  const found = count === 0 ? undefined : effects[count - 1]?.message;
  if (found === last && count <= effects.length) return [];
  const instead = found === undefined ? `there are only ${effects.length}` : `that is message ${found}`;
  return [violation(address, message, `its answer shows message ${last} as effect ${count}; in the end ${instead}`)];
}

/** Queries of one client, each against everything that client had been answered before it asked. */
function neverBack({ calls }: History): Violation[] {
  const wrong: Violation[] = [];
  const answered = calls.filter((call) => seenBy(call) !== undefined && call.ended !== undefined);
  for (const own of grouped(answered, ({ sender, address }) => JSON.stringify([sender, address])).values()) {
    const ended = own.toSorted((a, b) => a.ended!.step - b.ended!.step);
    let next = 0;
    let latest: Call | undefined;
    for (const call of own.toSorted((a, b) => a.begun.step - b.begun.step)) {
      for (let other = ended[next]; other && other.ended!.step < call.begun.step; other = ended[++next]) {
        if (latest === undefined || seenBy(other)!.count > seenBy(latest)!.count) latest = other;
      }
      if (call.kind !== "query" || latest === undefined || seenBy(call)!.count >= seenBy(latest)!.count) continue;
      const known = `${latest.message} had shown ${call.sender} ${seenBy(latest)!.count} effects before`;
      wrong.push(violation(call.address, call.message, `the query shows ${seenBy(call)!.count} effects; ${known}`));
    }
  }
  return wrong;
}

function oneOwnerAtATime({ finals, turns }: History): Violation[] {
  const handlers = turns.filter(({ kind }) => kind === "handler");
  const runs = grouped(handlers, ({ activation }) => activation);
  return finals.flatMap(({ address, effects }) => [...contiguous(address, effects), ...apart(address, effects, runs)]);
}

/** An activation loads what the one before it left; once another one's effects follow, it can have no more. */
function contiguous(address: string, effects: readonly Effect[]): Violation[] {
  const wrong: Violation[] = [];
  const over = new Set<string>();
  let last: string | undefined;
  for (const { activation, message } of effects) {
    if (activation === undefined || activation === last) continue;
    if (over.has(activation)) {
      wrong.push(violation(address, message, `activation ${activation} took effect again after ${last} had`));
    }
    if (last !== undefined) over.add(last);
    last = activation;
  }
  return wrong;
}

/** A turn that ended after a later activation had begun to work cannot have committed any more. */
function apart(
  address: string,
  effects: readonly Effect[],
  runs: ReadonlyMap<string, readonly TurnRun[]>,
): Violation[] {
  const wrong: Violation[] = [];
  let next = { activation: "", begun: Number.POSITIVE_INFINITY };
  let current = next;
  for (const { activation, message } of effects.toReversed()) {
    if (activation === undefined) continue;
    const own = runs.get(activation) ?? [];
    if (activation !== current.activation) {
      if (current.begun < next.begun) next = current;
      current = { activation, begun: Math.min(...own.map(({ begun }) => begun.step)) };
    }
    const ends = own.flatMap((run) => (run.message === message && run.end === "returned" ? [run.ended!.step] : []));
    if (ends.length === 0 || Math.min(...ends) < next.begun) continue;
    const what = `took effect by activation ${activation} although ${next.activation}, whose effects follow, had begun`;
    wrong.push(violation(address, message, what));
  }
  return wrong;
}
