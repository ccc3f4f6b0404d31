import type { TransactionContext } from "@actor-runtime/core";

/** What `idempotencyKey` puts before the key that a caller gives. */
const given = "u:";

/** A key counts once in each attempt of a transaction, for what an aborted one did under it never was. */
export function identityIn(transaction: Pick<TransactionContext, "id"> | undefined, identity: string): string {
  return transaction === undefined ? identity : `${identity}@${transaction.id}`;
}

/**
 * The key that the caller of a message gave, the same in all attempts of a transaction; `undefined`: it gave none.
 *
 * @param transaction that the call is part of
 */
export function keyGiven(
  identity: string,
  transaction: Pick<TransactionContext, "id"> | undefined,
): string | undefined {
  if (!identity.startsWith(given)) return undefined;
  const suffix = identityIn(transaction, "");
  return identity.slice(given.length, identity.endsWith(suffix) ? identity.length - suffix.length : undefined);
}
