import type { Answer } from "@actor-runtime/core";
import type { Inbound } from "./inbound.js";
import type { PartitionScope } from "./scope.js";

/** The answer under one of these keys that is on its way to the store. */
export function pendingAnswer({ commits }: PartitionScope, keys: readonly string[]): Answer | undefined {
  for (const key of keys) {
    const answer = commits.pendingAnswer(key);
    if (answer) return answer;
  }
  return undefined;
}

/**
 * O5: asks the store whether a keyed or repeated message was answered before; from then on its `earlier` says so.
 *
 * @param looked unless the partition is lost meanwhile
 */
export function lookUpEarlier(
  scope: PartitionScope,
  inbound: Inbound,
  keys: readonly string[],
  looked: (earlier: Answer | undefined) => void,
): void {
  let missing = keys.length;
  let found: Answer | undefined;
  const read = (answer: Answer | undefined) => {
    found ??= answer;
    if (--missing > 0 || !scope.alive) return;
    inbound.earlier = found ?? null;
    looked(found);
  };
  for (const key of keys) scope.answers.get(key, read);
}
