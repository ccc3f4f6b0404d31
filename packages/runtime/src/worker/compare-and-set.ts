import { ConflictError, InvalidArgumentsError } from "@actor-runtime/core";
import type { Activation } from "./activation.js";
import { textEnd } from "./reminder-list.js";
import { assignState, checkStateSize, encodeState, stateDigest, storedValues } from "./state.js";
import type { Turn } from "./turn.js";

/**
 * Compares with what is stored, and not with what is in memory: that has every field of the class, also those that are younger
 * than the stored text its caller has seen.
 *
 * @returns the version of the new state
 */
export async function compareAndSet(turn: Turn, version: unknown, state: unknown): Promise<string> {
  const { activation, host } = turn;
  const { services, commits, partition } = host.scope;
  const text = replacementText(activation, state);
  await commits.committed(activation.lastSeq);
  const [stored] = await services.ports.store.readStates(partition, [activation.address]);
  if (stateDigest(stored) !== version) {
    throw new ConflictError(`the state of ${activation.address} changed since it was loaded; load it again`);
  }
  turn.checkEffect("set the state");
  turn.replacement = text;
  return stateDigest(text === activation.initial ? undefined : text);
}

/** @throws InvalidArgumentsError or TooLargeError that names the actor and the field */
function replacementText({ address, hosted, initial, reminders }: Activation, state: unknown): string {
  if (state === undefined) return initial.slice(0, -1) + textEnd(reminders);
  const { definition, fields } = hosted;
  const unknown = fieldsOf(address, state).find((field) => !fields.some(({ name }) => name === field));
  if (unknown !== undefined) {
    const known = fields.map(({ name }) => name).join(", ");
    throw new InvalidArgumentsError(
      `${address}: state.${unknown} is no @State field of class ${definition.type.name}; ${known ? `it has ${known}` : "it has none"}`,
    );
  }
  const values = {};
  assignState(fields, values, storedValues(initial)!);
  assignState(fields, values, state as Record<string, unknown>);
  const text = encodeState(definition.version, fields, values, reminders);
  checkStateSize(address, text);
  return text;
}

/** @throws InvalidArgumentsError when it is no plain object */
export function fieldsOf(address: string, state: unknown): string[] {
  const isObject = typeof state === "object" && state !== null;
  if (!isObject || ![Object.prototype, null].includes(Object.getPrototypeOf(state) as null)) {
    throw new InvalidArgumentsError(`${address}: state must be an object of its fields, or undefined`);
  }
  return Object.keys(state);
}
