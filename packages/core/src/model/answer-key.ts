/**
 * The name an answer is kept under: identities are scoped to the address of the actor asked (delivery.md A.1). The length
 * says where the address ends, because both parts may hold any character; so all answers of an actor begin with
 * `answerKey(address, "")`, and no other actor's do.
 */
export function answerKey(address: string, identity: string): string {
  return `${address.length}:${address}${identity}`;
}
