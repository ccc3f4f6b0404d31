import { createHash } from "node:crypto";
import { encodeText, fromWire, type Reminder, StateVersionError, TooLargeError } from "@actor-runtime/core";
import type { ActorDefinition, StateField } from "../definition/actor-definition.js";
import { ReminderList, textEnd } from "./reminder-list.js";
import type { SeenLocks } from "./seen-locks.js";

/** Bounds of one actor's state in characters of its text. */
export const maxStateBytes = 1024 * 1024;
export const largeStateBytes = 64 * 1024;

/** A durable field with what its text begins with, so that the end of a turn need not make it again. */
export interface StoredField extends StateField {
  readonly head: string;
  readonly path: string;
}

export function storedFields(fields: readonly StateField[]): StoredField[] {
  return fields.map((field, index) => ({
    ...field,
    head: `${index === 0 ? "" : ","}${JSON.stringify(field.name)}:`,
    path: `state.${field.name}`,
  }));
}

/** The stored form: `{"version":1,"state":{…},"reminders":{…}}`, fields by their stored names, reminders where there are any. */
export function encodeState(
  version: number,
  fields: readonly StoredField[],
  instance: object,
  reminders?: ReminderList,
): string {
  let text = `{"version":${version},"state":{`;
  for (const { property, head, path } of fields) {
    text += head + encodeText((instance as Record<string, unknown>)[property], path);
  }
  return reminders === undefined ? `${text}}}` : `${text}}${textEnd(reminders)}`;
}

/**
 * What is stored of an actor, as one text: its state as {@link encodeState} gives it, and what it has seen of locks, so that
 * both commit together: `{"version":1,"state":{…},"locks":{"report:2026":1790…}}`.
 *
 * @param state `undefined`: it has its initial state, which is not stored
 * @returns `undefined`: nothing is stored
 */
export function storedForm(
  version: number,
  state: string | undefined,
  seen: SeenLocks | undefined,
): string | undefined {
  if (seen === undefined) return state;
  const locks = `"locks":${JSON.stringify(Object.fromEntries(seen))}}`;
  return state === undefined ? `{"version":${version},${locks}` : `${state.slice(0, -1)},${locks}`;
}

/** @throws TooLargeError when the text is over the bound */
export function checkStateSize(address: string, text: string): void {
  // Most texts are ASCII; the exact count is made only where it can matter.
  if (text.length * 3 <= maxStateBytes) return;
  const bytes = Buffer.byteLength(text);
  if (bytes > maxStateBytes) {
    throw new TooLargeError(
      `state of ${address} has ${bytes} bytes, at most ${maxStateBytes} may be stored; split it over several actors or keep large data elsewhere`,
    );
  }
}

/** A stored text as it was written. */
interface Stored {
  readonly version: number;
  /** Absent: the actor has its initial state. */
  readonly state?: unknown;
  readonly locks?: Readonly<Record<string, number>>;
  readonly reminders?: Readonly<Record<string, Reminder>>;
}

export interface ReadState {
  /** By stored name, of the class' version; `undefined`: the initial state. */
  readonly values: Record<string, unknown> | undefined;
  /** They were stored by an older version. */
  readonly migrated: boolean;
  readonly seen: SeenLocks | undefined;
  readonly reminders: ReminderList | undefined;
}

/**
 * Reads a stored text, migrating what an older version of the class wrote.
 *
 * @throws StateVersionError when the state is newer than the class
 */
export function readState(definition: ActorDefinition, address: string, text: string): ReadState {
  const stored = JSON.parse(text) as Stored;
  const seen = stored.locks && new Map(Object.entries(stored.locks));
  const reminders = stored.reminders && ReminderList.of(new Map(Object.entries(stored.reminders)));
  if (stored.state === undefined) return { values: undefined, migrated: false, seen, reminders };
  const values = fromWire(stored.state) as Record<string, unknown>;
  if (stored.version === definition.version) return { values, migrated: false, seen, reminders };
  if (stored.version > definition.version) {
    throw new StateVersionError(
      `${address} was stored by version ${stored.version} of its class, this worker has version ${definition.version}; deploy the newer class`,
    );
  }
  const migrated = definition.migrate ? definition.migrate(values, stored.version) : values;
  return { values: migrated, migrated: true, seen, reminders };
}

/** Sets the durable fields; a field the stored text does not know keeps its initial value. */
export function assignState(fields: readonly StateField[], instance: object, values: Record<string, unknown>): void {
  for (const { property, name } of fields) {
    if (Object.hasOwn(values, name)) (instance as Record<string, unknown>)[property] = values[name];
  }
}

/** Sets the durable fields back to what this process itself wrote for this instance. */
export function restoreState(fields: readonly StateField[], instance: object, text: string): void {
  assignState(fields, instance, storedValues(text)!);
}

/**
 * Names the state of a stored text: the same for the same state, and none of two is named like another. What the actor has seen
 * of locks does not count.
 */
export function stateDigest(text: string | undefined): string {
  const stored = text === undefined ? undefined : (JSON.parse(text) as Stored);
  if (stored?.state === undefined) return "none";
  return createHash("sha256")
    .update(JSON.stringify([stored.version, stored.state]))
    .digest("base64url");
}

/** The schema version of a stored text. */
export function storedVersion(text: string): number {
  return (JSON.parse(text) as Stored).version;
}

/** The values of a stored text by stored name, as they were written; `undefined`: the initial state. */
export function storedValues(text: string): Record<string, unknown> | undefined {
  return fromWire((JSON.parse(text) as Stored).state) as Record<string, unknown> | undefined;
}
