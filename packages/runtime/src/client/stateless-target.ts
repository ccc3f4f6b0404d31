import { type Destination, InvalidAddressError, isPoolQueue, UnsupportedError } from "@actor-runtime/core";
import type { CallDetails, CallTarget } from "./call-target.js";

/** What stands for a key in the address of a stateless type, `Resize/*`. */
export const poolKey = "*";

export function keyMissing(type: string): InvalidAddressError {
  return new InvalidAddressError(`"${type}" is a type of actors: say which one, ref(${type}, key)`);
}

export function keyUnwanted(type: string): InvalidAddressError {
  return new InvalidAddressError(`"${type}" is a stateless type and has no keys: leave the key out, ref(${type})`);
}

/** @throws UnsupportedError when a stateless type is asked for what only an actor can do */
export function checkDestination(
  to: Destination,
  { address, handler, type }: Pick<CallTarget, "address" | "handler" | "type">,
  { transaction, dueAt }: Pick<CallDetails, "transaction" | "dueAt">,
): void {
  if (!isPoolQueue(to)) return;
  if (transaction !== undefined) {
    throw new UnsupportedError(
      `${address}.${handler}: a stateless type takes part in no transaction; call it before or after, through system.ref(${type})`,
    );
  }
  if (dueAt !== undefined) {
    throw new UnsupportedError(
      `${address}.${handler}: a stateless type keeps nothing until its time; let an actor keep it, ` +
        "with a reminder or a delayed tell, and tell the stateless type then",
    );
  }
}
