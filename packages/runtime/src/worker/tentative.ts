import { TooLargeError } from "@actor-runtime/core";
import type { Activation } from "./activation.js";
import type { Tentative } from "./hold.js";
import { maxStateBytes } from "./state.js";
import type { Turn } from "./turn.js";

/**
 * What becomes of the actor if the transaction of this turn commits, with what earlier turns of it did; `undefined`: nothing.
 *
 * @throws TooLargeError when its tells are more than may be stored
 */
export function tentativeOf(activation: Activation, turn: Turn, text: string): Tentative | undefined {
  const { initial, seenLocks, address } = activation;
  const before = activation.hold?.tentative;
  const tells = [...(before?.tells ?? []), ...(turn.tells ?? [])];
  const bytes = tells.reduce((sum, draft) => sum + draft.bytes, 0);
  if (bytes > maxStateBytes) {
    throw new TooLargeError(
      `${address}: its tells in one transaction have ${bytes} bytes, at most ${maxStateBytes} may wait for its commit`,
    );
  }
  const destroys = text === initial && (turn.destroys || (before?.destroys ?? false));
  const deactivates = turn.deactivates || (before?.deactivates ?? false);
  if (text === activation.text && tells.length === 0 && !destroys && !deactivates) return undefined;
  return { text, initial: text === initial, destroys, deactivates, seen: seenLocks, tells };
}
