import type { Answer } from "@actor-runtime/core";

/**
 * Kept answers: one field each, `<commit> <length of fingerprint> <fingerprint><outcome>`. To erase an actor does not look
 * for its answers, which lie among those of all others: a tombstone beside them says up to which commit they are void. It
 * lies in the younger generation and so goes no sooner than the last answer it buries.
 */
export function answerField(answer: Answer, seq: number): string {
  return `${seq} ${answer.fingerprint.length} ${answer.fingerprint}${answer.outcome}`;
}

/** Name of an actor's tombstone; answer keys begin with a digit. */
export function tombstoneField(address: string): string {
  return `~${address}`;
}

/** The address in an `answerKey`. */
export function addressOf(answerKey: string): string {
  const colon = answerKey.indexOf(":");
  return answerKey.slice(colon + 1, colon + 1 + Number(answerKey.slice(0, colon)));
}

/**
 * The answer in force.
 *
 * @param found what each generation has under the key
 * @param tombstones what each generation has of the actor's tombstone
 */
export function pickAnswer(
  key: string,
  found: readonly (string | null)[],
  tombstones: readonly (string | null)[],
): Answer | undefined {
  const erased = Math.max(0, ...tombstones.map(Number));
  let newest: { readonly seq: number; readonly answer: Answer } | undefined;
  for (const text of found) {
    if (text === null) continue;
    const [seq, length] = text.split(" ", 2).map(Number) as [number, number];
    if (seq < erased || (newest !== undefined && seq < newest.seq)) continue;
    const start = text.indexOf(" ", text.indexOf(" ") + 1) + 1;
    const fingerprint = text.slice(start, start + length);
    newest = { seq, answer: { key, fingerprint, outcome: text.slice(start + length) } };
  }
  return newest?.answer;
}
