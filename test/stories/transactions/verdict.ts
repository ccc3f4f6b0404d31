import { isDeepStrictEqual } from "node:util";
import type { AccountReport } from "./account.js";
import type { Known } from "./journal.js";
import { emptyLog, type Log, logged } from "./log.js";
import { openingBalance, type Transfer } from "./transfer.js";

/** All combinations of them are tried. */
const maxUnknown = 16;

/** What the actors say in the end. */
export interface Books {
  /** By key. */
  readonly accounts: ReadonlyMap<string, AccountReport>;
  /** By client. */
  readonly statements: ReadonlyMap<string, Log>;
}

/** Somewhere transfers leave their mark. */
interface Place {
  readonly name: string;
  readonly said: AccountReport;
  readonly opening: number;
  /** What a transfer does to the balance; `undefined`: it has nothing to do with it. */
  change(transfer: Transfer): number | undefined;
}

/**
 * What is wrong, in words; nothing when every transfer that its client knows to be done took effect once on both accounts and
 * told its client's statement once, when those known to be undone left nothing, and when each of the others did all of it or
 * nothing.
 */
export function complaints(transfers: readonly Known[], { accounts, statements }: Books): string[] {
  const wrong: string[] = [];
  /** By the id of a transfer that nobody knows of: where it took effect, and where it did not. */
  const marks = new Map<string, { readonly at: string[]; readonly notAt: string[] }>();
  for (const place of [...Array.from(accounts, accountPlace), ...Array.from(statements, statementPlace)]) {
    const touching = transfers.filter(({ transfer }) => place.change(transfer) !== undefined);
    const known = touching.filter(({ end }) => end === "done").map(({ transfer }) => transfer);
    const unknown = touching.filter(({ end }) => end === "unknown").map(({ transfer }) => transfer);
    const expected = apply(place, { balance: place.opening, log: emptyLog }, known);
    const done = choose(unknown, (chosen) => isDeepStrictEqual(apply(place, expected, chosen), place.said));
    if (done === undefined) wrong.push(`${place.name}: ${words(place.said)}, but should have ${words(expected)}`);
    else {
      for (const { id } of unknown) marks.set(id, marks.get(id) ?? { at: [], notAt: [] });
      for (const one of unknown) marks.get(one.id)![done.includes(one) ? "at" : "notAt"].push(place.name);
    }
  }
  for (const [id, { at, notAt }] of marks) {
    if (at.length > 0 && notAt.length > 0) wrong.push(`${id} took effect at ${at.join()} and not at ${notAt.join()}`);
  }
  return wrong;
}

function accountPlace([key, said]: readonly [string, AccountReport]): Place {
  const change = ({ from, to, amount }: Transfer) => (to === key ? amount : from === key ? -amount : undefined);
  return { name: key, said, opening: openingBalance, change };
}

function statementPlace([client, log]: readonly [string, Log]): Place {
  const change = (transfer: Transfer) => (transfer.client === client ? 0 : undefined);
  return { name: `the statement of ${client}`, said: { balance: 0, log }, opening: 0, change };
}

function apply(place: Place, before: AccountReport, transfers: readonly Transfer[]): AccountReport {
  return transfers.reduce(({ balance, log }, transfer) => {
    return { balance: balance + place.change(transfer)!, log: logged(log, transfer.id) };
  }, before);
}

/** Those of the transfers that fit together; `undefined`: none do, nor does it fit without any. */
function choose(
  transfers: readonly Transfer[],
  fits: (chosen: readonly Transfer[]) => boolean,
): readonly Transfer[] | undefined {
  if (transfers.length > maxUnknown) throw new RangeError(`of ${transfers.length} transfers at one place nobody knows`);
  for (let choice = 0; choice < 2 ** transfers.length; choice++) {
    const chosen = transfers.filter((_, index) => (choice >> index) % 2 === 1);
    if (fits(chosen)) return chosen;
  }
  return undefined;
}

const words = ({ balance, log }: AccountReport): string =>
  `a balance of ${balance} after ${log.count} transfers with digest ${log.digests.toString(16)}`;
