import { NotStartedError, QueryEffectError } from "@actor-runtime/core";
import type { BoundMethod } from "../client/ref.js";
import type { Inbound } from "./inbound.js";
import type { TurnKind } from "./turn.js";

/** A turn that asks somebody, of an actor or of a stateless type. */
interface AskingTurn {
  readonly kind: TurnKind;
  readonly inbound: Inbound | undefined;
  /** `Account/alice.deposit` */
  readonly what: string;
}

/**
 * A query may ask queries only; where the target's class is not at hand, its owner refuses.
 *
 * @throws QueryEffectError
 */
export function kindOfAsk({ kind: mine, what }: AskingTurn, { kind, handler, target }: BoundMethod): "ask" | "query" {
  if (mine !== "query" || kind === "query") return kind;
  if (target.known) {
    throw new QueryEffectError(
      `${what} is a query and may not ask the handler ${target.type}.${handler}; it may ask queries`,
    );
  }
  return "query";
}

/**
 * Nested asks inherit the deadline of the turn.
 *
 * @param now ms since 1970 by the store's time
 * @throws NotStartedError when it is over
 */
export function remainingMs({ inbound, what }: AskingTurn, timeoutMs: number, now: number): number {
  const deadline = inbound?.message.deadline;
  if (deadline === undefined) return timeoutMs;
  if (deadline <= now) throw new NotStartedError(`${what}: its caller's time is over, so it asks nobody any more`);
  return Math.min(timeoutMs, deadline - now);
}
