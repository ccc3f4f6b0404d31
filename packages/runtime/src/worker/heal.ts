import type { Logger } from "@actor-runtime/core";
import type { Activation } from "./activation.js";
import { encodeState, restoreState } from "./state.js";

/**
 * Takes back what was changed outside a handler's turn: by a query, in place, or by code that ran on after its turn had
 * failed. It is never committed.
 */
export function heal(activation: Activation, log: Logger): void {
  activation.suspect = false;
  const { definition, fields } = activation.hosted;
  let text: string | undefined;
  try {
    text = encodeState(definition.version, fields, activation.instance!);
  } catch {
    // Something is there now that cannot even be stored.
  }
  if (text === activation.workingText) return;
  restoreState(fields, activation.instance!, activation.workingText);
  log.error(
    { actor: activation.address },
    "state was changed in place by a query, or by code that ran on after its turn had failed; the change was undone",
  );
}
