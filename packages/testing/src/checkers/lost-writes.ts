import { grouped } from "./groups.js";
import type { Call, History, TurnRun } from "./history.js";
import { Ledger } from "./ledger.js";
import { messagesOf, type Repeats } from "./messages.js";
import type { Violation } from "./violation.js";

/** By then what a turn left is committed, if it is at all, and every owner has noticed that the store went back. */
const settledWithinMs = 10_000;

type Message = { readonly address: string; readonly message: string };

/**
 * P1 where the store has lost writes it had acknowledged: what was sent since, or handled before, is there (R1 and R2 of
 * delivery.md A.9), and nothing that a client sent takes effect twice. What turns send is then at least once, and nobody
 * promises an order.
 */
export function checkLostWrites(history: History): Violation[] {
  const ledger = new Ledger(history);
  const runs = grouped(history.turns, nameOf);
  const runsOf = (message: Message) => runs.get(nameOf(message)) ?? [];
  const messages = messagesOf(history);
  const asked = new Map(messages.map((message) => [nameOf(message), message.calls[0]!.begun.step]));
  return [
    ...messages.flatMap((message) => {
      const done = message.calls.filter(({ outcome: { state } }) => state === "confirmed" || state === "answered");
      return checkMessage(message, ledger, {
        canBeLost: done.every((call) =>
          call.kind === "ask" ? answerMayBeLost(history, call) : mayBeLost(history, call.begun.step, runsOf(message)),
        ),
        canRunAgain: refusalMayBeLost(history, message.calls),
      });
    }),
    ...missingSentOn(history, ledger, asked, runsOf),
  ];
}

function checkMessage(
  { address, message, calls }: Repeats,
  ledger: Ledger,
  { canBeLost, canRunAgain }: { readonly canBeLost: boolean; readonly canRunAgain: boolean },
): Violation[] {
  const wrong: Violation[] = [];
  const report = (what: string) => void wrong.push({ promise: "P1", address, message, what });
  const places = ledger.places(address, message).length;
  const isThere = places + ledger.causes(address, message).length > 0;
  const ofClient = calls.some(({ inTurn = false }) => !inTurn);
  if (ofClient && calls.some(({ outcome }) => outcome.state === "pending")) report("never ended for its sender");
  if (ofClient && places > 1) report(`took effect ${places} times`);
  const refused = calls.every(({ outcome }) => outcome.state === "failed" && outcome.effect === "none");
  if (refused && isThere && !canRunAgain) report('was refused with effect "none" and is there');
  const done = calls.some(({ outcome }) => outcome.state === "confirmed" || outcome.state === "answered");
  if (done && !isThere && !canBeLost && ledger.knows(address)) {
    report("is missing although no commit of it can be lost");
  }
  return wrong;
}

function missingSentOn(
  history: History,
  ledger: Ledger,
  asked: ReadonlyMap<string, number>,
  runsOf: (message: Message) => readonly TurnRun[],
): Violation[] {
  return history.finals.flatMap(({ address: sender, effects }) =>
    effects.flatMap(({ message: turn, sent = [] }) => {
      const returned = runsOf({ address: sender, message: turn }).filter(({ end }) => end === "returned");
      const toldAt = Math.max(...returned.map(({ ended }) => ended!.step));
      return sent.flatMap(({ address, message, kind }): Violation[] => {
        // An ask leaves before its turn ends, and is not made again when that has happened.
        const sentAt = kind === "tell" ? toldAt : (asked.get(nameOf({ address, message })) ?? toldAt);
        const ran = kind === "tell" ? runsOf({ address, message }) : [];
        const isThere = ledger.places(address, message).length + ledger.causes(address, message).length > 0;
        if (isThere || !ledger.knows(address) || mayBeLost(history, sentAt, ran)) return [];
        const what = `is missing although the turn of ${sender} that sent it, ${turn}, is not, and no commit of it can be lost`;
        return [{ promise: "P1", address, message, what }];
      });
    }),
  );
}

/**
 * A tell is lost by a rewind that comes after it was sent, unless a turn had handled it that no rewind undid: the last one, for
 * one whose commit was refused is followed by another.
 */
function mayBeLost({ rewinds }: History, sentAt: number, runs: readonly TurnRun[]): boolean {
  const last = runs.findLast(({ end }) => end === "returned");
  const remains = rewinds.every(
    ({ from, to }) =>
      last !== undefined && (last.begun.ms > to.ms + settledWithinMs || last.ended!.ms + settledWithinMs <= from.ms),
  );
  return rewinds.some(({ to }) => sentAt < to.step) && !remains;
}

/**
 * An answer comes after its commit, and so it says more than any turn: one that nobody waits for any more may return, lose its
 * partition before it can commit, and not run again.
 */
function answerMayBeLost({ rewinds }: History, { begun, ended }: Call): boolean {
  return rewinds.some(({ from, to }) => begun.step < to.step && ended!.step > from.step);
}

/** The caller heard of a refusal whose commit was lost, and so the message ran again. */
function refusalMayBeLost({ rewinds }: History, calls: Repeats["calls"]): boolean {
  return calls.some(({ begun }) => rewinds.some(({ to }) => begun.step < to.step));
}

function nameOf({ address, message }: Message): string {
  return JSON.stringify([address, message]);
}
