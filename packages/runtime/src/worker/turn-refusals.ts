import { QueryEffectError, TurnEndedError } from "@actor-runtime/core";

/** @param what the turn, `Account/alice.deposit` */
export function afterItsEnd(what: string, effect: string): TurnEndedError {
  return new TurnEndedError(`${what} has ended and may not ${effect} any more; await everything the handler starts`);
}

/** @param what the turn, `Account/alice.current` */
export function inQuery(what: string, effect: string): QueryEffectError {
  return new QueryEffectError(`${what} is a query and may not ${effect}; use @Handler() instead of @Query()`);
}
