import type { Logger } from "@actor-runtime/core";
import type { Activation } from "./activation.js";

/**
 * Takes back what was changed outside a handler's turn: by a query, in place, or by code that ran on after its turn had
 * failed. It is never committed.
 */
export function heal(activation: Activation, log: Logger): void {
  activation.suspect = false;
  let text: string | undefined;
  try {
    text = activation.textNow;
  } catch {
    // Something is there now that cannot even be stored.
  }
  if (text === activation.workingText) return;
  activation.restore(activation.workingText);
  log.error(
    { actor: activation.address },
    "state was changed in place by a query, or by code that ran on after its turn had failed; the change was undone",
  );
}
