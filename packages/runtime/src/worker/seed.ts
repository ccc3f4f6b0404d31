import { ConfigError } from "@actor-runtime/core";
import { Activation, type HostedType } from "./activation.js";
import { makeInstance } from "./make-instance.js";
import type { PartitionScope } from "./scope.js";
import { checkStateSize, encodeState } from "./state.js";

/**
 * Stores a fresh instance with these fields set as the state of an actor; resolves once it is committed.
 *
 * @throws ConfigError when the actor is in memory, or its class has no such durable field
 */
export async function seed(
  { activations, commits, services }: PartitionScope,
  hosted: HostedType,
  address: string,
  values: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (activations.find(address) !== undefined) {
    throw new ConfigError(`${address} is in memory already; seed it before its first message, or crash it before`);
  }
  const { definition } = hosted;
  const activation = new Activation(activations, hosted, address);
  makeInstance(activation, undefined, services);
  const unknown = Object.keys(values).find((field) => !hosted.fields.some(({ property }) => property === field));
  if (unknown !== undefined) {
    const known = hosted.fields.map(({ property }) => property).join(", ");
    throw new ConfigError(
      `class ${definition.type.name} has no @State field "${unknown}"; ${known ? `it has ${known}` : "it has none"}`,
    );
  }
  Object.assign(activation.instance!, values);
  const text = encodeState(definition.version, hosted.fields, activation.instance!);
  checkStateSize(address, text);
  const { gathering } = commits;
  // Initial state is not stored.
  gathering.states.set(address, text === activation.initial ? undefined : text);
  commits.commitSoon();
  await commits.committed(gathering.seq);
}
