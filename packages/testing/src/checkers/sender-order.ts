import { grouped } from "./groups.js";
import type { History } from "./history.js";
import { Ledger } from "./ledger.js";
import { messagesOf } from "./messages.js";
import type { Violation } from "./violation.js";

/** A message and its place in the order of its sender. */
interface Sending {
  readonly sender: string;
  readonly address: string;
  readonly message: string;
  readonly order: number;
}

/**
 * P3: the effects of one sender's messages stand in its actor's state in the order sent. For tells of turns that is the
 * order of the turns' own effects.
 *
 * Left out, as documented: what is marked `ordered: false`; repeats under a key, any of which may be the one that took
 * effect; asks of which one run threw, since an unanswered ask is repeated behind what was sent meanwhile; asks made inside
 * turns, which are not taken back when their turn runs again later.
 */
export function checkSenderOrder(history: History): Violation[] {
  const ledger = new Ledger(history);
  const sendings = [...byClients(history), ...byTurns(history)];
  const lanes = grouped(sendings, ({ sender, address }) => JSON.stringify([sender, address]));
  return [...lanes.values()].flatMap((lane) => inOrder(lane, ledger));
}

function inOrder(sendings: readonly Sending[], ledger: Ledger): Violation[] {
  const wrong: Violation[] = [];
  let last: Sending & { readonly at: number } = { sender: "", address: "", message: "", order: 0, at: -1 };
  for (const sending of sendings.toSorted((a, b) => a.order - b.order)) {
    const { sender, address, message } = sending;
    const at = ledger.places(address, message)[0]?.at;
    if (at === undefined) continue;
    if (at >= last.at) {
      last = { ...sending, at };
      continue;
    }
    const what = `took effect before message ${last.message}, which ${sender} had sent earlier`;
    wrong.push({ promise: "P3", address, message, what });
  }
  return wrong;
}

function byClients(history: History): Sending[] {
  const thrown = new Set(
    history.turns
      .filter(({ end }) => end === "thrown")
      .map(({ address, message }) => JSON.stringify([address, message])),
  );
  return messagesOf(history).flatMap(({ address, message, calls }) => {
    const [call] = calls;
    if (call === undefined || calls.length > 1 || call.ordered === false) return [];
    if (call.kind === "ask" && (call.inTurn || thrown.has(JSON.stringify([address, message])))) return [];
    return [{ sender: call.sender, address, message, order: call.order }];
  });
}

function byTurns({ finals }: History): Sending[] {
  return finals.flatMap(({ address: sender, effects }) =>
    effects
      .flatMap(({ sent = [] }) => sent)
      .filter(({ kind, ordered = true }) => kind === "tell" && ordered)
      .map(({ address, message }, order) => ({ sender, address, message, order })),
  );
}
