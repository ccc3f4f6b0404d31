import { TurnEndedError } from "@actor-runtime/core";
import type { MethodDefinition } from "../definition/actor-definition.js";
import { checkArguments } from "../definition/arguments.js";

/** A turn, as far as its call needs it. */
interface CallingTurn {
  readonly what: string;
  readonly ended: boolean;
}

/**
 * Calls a method of an instance once its arguments are found to fit. The check is code of the user's too, and part of the turn.
 *
 * @returns what the method returns, by promise where a schema answers by one
 * @throws InvalidArgumentsError when they do not fit, and whatever the method throws
 */
export function invoke(turn: CallingTurn, method: MethodDefinition, instance: object, args: unknown[]): unknown {
  const checked = checkArguments(method, args);
  if (!(checked instanceof Promise)) return Reflect.apply(method.run, instance, checked);
  return checked.then((values) => {
    // It may have run out of its time meanwhile.
    if (turn.ended) throw new TurnEndedError(`${turn.what} ended before its arguments were checked`);
    return Reflect.apply(method.run, instance, values);
  });
}
