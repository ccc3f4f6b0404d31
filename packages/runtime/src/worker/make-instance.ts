import type { Activation } from "./activation.js";
import { textEnd } from "./reminder-list.js";
import { SelfContext } from "./self-context.js";
import type { WorkerServices } from "./services.js";
import { assignState, encodeState, readState, storedFields } from "./state.js";
import { enter } from "./turn.js";

/**
 * Makes the instance of an actor, as what is stored of it says.
 *
 * @param text `undefined`: nothing is stored
 * @throws StateVersionError when the state is newer than the class; whatever its constructor, or `migrate`, throws
 */
export function makeInstance(activation: Activation, text: string | undefined, services: WorkerServices): void {
  const { hosted } = activation;
  const { definition } = hosted;
  // The message that wakes it may come from another actor's turn, whose async context must not reach the constructor.
  const instance = enter(undefined, () =>
    definition.construct(new SelfContext(activation, services), services.container),
  );
  if (hosted.fields.length === 0) hosted.fields = storedFields(definition.stateFields(instance));
  const initial = encodeState(definition.version, hosted.fields, instance);
  if (initial !== hosted.initial) hosted.initial = initial;
  activation.initial = hosted.initial;
  activation.instance = instance;
  activation.reminders = activation.savedReminders = undefined;
  activation.declared = false;
  if (text === undefined) {
    activation.text = activation.initial;
    return;
  }
  const { values, migrated, seen, reminders } = readState(definition, activation.address, text);
  if (seen !== undefined) activation.seenLocks = seen;
  if (values === undefined) {
    activation.text = activation.initial;
    activation.stored = false;
    return;
  }
  activation.reminders = activation.savedReminders = reminders;
  assignState(hosted.fields, instance, values);
  activation.unsaved ||= migrated;
  // A failing turn goes back to this text, so it holds every field, also one that is younger than what is stored, and no more.
  const whole = !migrated && seen === undefined && hosted.fields.every(({ name }) => Object.hasOwn(values, name));
  activation.text = whole && text.endsWith(textEnd(reminders)) ? text : activation.textNow;
}
