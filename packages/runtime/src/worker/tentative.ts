import { TooLargeError } from "@actor-runtime/core";
import type { Activation } from "./activation.js";
import type { CommitGroup } from "./commit-group.js";
import type { Tentative } from "./hold.js";
import { leaveTells } from "./leave-tells.js";
import { ReminderList } from "./reminder-list.js";
import type { PartitionScope } from "./scope.js";
import { assignState, maxStateBytes, readState, restoreState, storedForm } from "./state.js";
import type { Turn } from "./turn.js";

/**
 * What becomes of the actor if the transaction of this turn commits, with what earlier turns of it did; `undefined`: nothing.
 *
 * @throws TooLargeError when its tells are more than may be stored
 */
export function tentativeOf(activation: Activation, turn: Turn, text: string): Tentative | undefined {
  const { initial, seenLocks, address } = activation;
  const before = activation.hold?.tentative;
  const tells = [...(before?.tells ?? []), ...(turn.tells ?? [])];
  const bytes = tells.reduce((sum, draft) => sum + draft.bytes, 0);
  if (bytes > maxStateBytes) {
    throw new TooLargeError(
      `${address}: its tells in one transaction have ${bytes} bytes, at most ${maxStateBytes} may wait for its commit`,
    );
  }
  const destroys = text === initial && (turn.destroys || (before?.destroys ?? false));
  const deactivates = turn.deactivates || (before?.deactivates ?? false);
  if (text === activation.text && tells.length === 0 && !destroys && !deactivates) return undefined;
  return { text, initial: text === initial, destroys, deactivates, seen: seenLocks, tells };
}

/**
 * What a transaction made of the actor may have been stored by another version of the class. `onActivate` knows nothing of it,
 * as it may never come to count.
 *
 * @throws StateVersionError when that is newer than the class
 */
export function restoreTentative(activation: Activation): void {
  const { address, hold, hosted, initial, instance } = activation;
  const tentative = hold?.tentative;
  if (tentative === undefined) return;
  const { definition, fields } = hosted;
  restoreState(fields, instance!, initial);
  const { values, reminders } = readState(definition, address, tentative.text);
  if (!tentative.initial) assignState(fields, instance!, values!);
  activation.reminders = reminders;
  hold!.tentative = { ...tentative, text: activation.textNow };
}

/** The transaction has committed: it is the actor's state, and what it told leaves. */
export function applyTentative(
  scope: PartitionScope,
  activation: Activation,
  { text, initial, destroys, seen, tells }: Tentative,
  group: CommitGroup,
): void {
  const locks = destroys ? undefined : (activation.seenLocks ?? seen);
  // A live one has worked with them.
  if (activation.phase !== "ready") activation.reminders = ReminderList.in(text);
  activation.text = text;
  activation.seenLocks = locks;
  activation.stored = !initial;
  activation.unsaved = false;
  const { version } = activation.hosted.definition;
  group.states.set(activation.address, storedForm(version, initial ? undefined : text, locks));
  scope.ticks.save(activation, group);
  leaveTells(scope, tells, group);
}
