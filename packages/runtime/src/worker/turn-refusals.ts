import { type Message, NotStartedError, QueryEffectError, TurnEndedError } from "@actor-runtime/core";

/** @param what the turn, `Account/alice.deposit` */
export function afterItsEnd(what: string, effect: string): TurnEndedError {
  return new TurnEndedError(`${what} has ended and may not ${effect} any more; await everything the handler starts`);
}

/** @param what the turn, `Account/alice.current` */
export function inQuery(what: string, effect: string): QueryEffectError {
  return new QueryEffectError(`${what} is a query and may not ${effect}; use @Handler() instead of @Query()`);
}

export function withdrawnBefore({ to, handler }: Message): NotStartedError {
  return new NotStartedError(`${to}.${handler}: the caller withdrew the call before it began`);
}

/** A query asked for a handler, which might change something. */
export function handlerInQuery(type: string, handler: string): QueryEffectError {
  return new QueryEffectError(`${type}.${handler} is a handler; a query may only ask queries`);
}

/**
 * Nobody waits for the answer any more; `undefined`: somebody may.
 *
 * @param now in ms since 1970 by the store's clock
 * @param toleranceMs by how much the clock of the caller may differ
 */
export function tooLate(
  { to, handler, deadline }: Message,
  now: number,
  toleranceMs: number,
): NotStartedError | undefined {
  if (deadline === undefined || now <= deadline + toleranceMs) return undefined;
  return new NotStartedError(`${to}.${handler}: the caller's time was over before it began`);
}
