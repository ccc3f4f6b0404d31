import { encodeText, fromWire, StateVersionError, TooLargeError } from "@actor-runtime/core";
import type { ActorDefinition, StateField } from "../definition/actor-definition.js";

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

/** The stored form: `{"version":1,"state":{…}}`, fields by their stored names. */
export function encodeState(version: number, fields: readonly StoredField[], instance: object): string {
  let text = `{"version":${version},"state":{`;
  for (const { property, head, path } of fields) {
    text += head + encodeText((instance as Record<string, unknown>)[property], path);
  }
  return `${text}}}`;
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

/** Values by stored name, of the class' version. `migrated`: they were stored by an older one. */
export interface ReadState {
  readonly values: Record<string, unknown>;
  readonly migrated: boolean;
}

/**
 * Reads a stored text, migrating what an older version of the class wrote.
 *
 * @throws StateVersionError when the state is newer than the class
 */
export function readState(definition: ActorDefinition, address: string, text: string): ReadState {
  const stored = JSON.parse(text) as { version: number; state: unknown };
  const values = fromWire(stored.state) as Record<string, unknown>;
  if (stored.version === definition.version) return { values, migrated: false };
  if (stored.version > definition.version) {
    throw new StateVersionError(
      `${address} was stored by version ${stored.version} of its class, this worker has version ${definition.version}; deploy the newer class`,
    );
  }
  const migrated = definition.migrate ? definition.migrate(values, stored.version) : values;
  return { values: migrated, migrated: true };
}

/** Sets the durable fields; a field the stored text does not know keeps its initial value. */
export function assignState(fields: readonly StateField[], instance: object, values: Record<string, unknown>): void {
  for (const { property, name } of fields) {
    if (Object.hasOwn(values, name)) (instance as Record<string, unknown>)[property] = values[name];
  }
}

/** Sets the durable fields back to what this process itself wrote for this instance. */
export function restoreState(fields: readonly StateField[], instance: object, text: string): void {
  assignState(fields, instance, storedValues(text));
}

/** The schema version of a stored text. */
export function storedVersion(text: string): number {
  return (JSON.parse(text) as { version: number }).version;
}

/** The values of a stored text by stored name, as they were written. */
export function storedValues(text: string): Record<string, unknown> {
  return fromWire((JSON.parse(text) as { state: unknown }).state) as Record<string, unknown>;
}
