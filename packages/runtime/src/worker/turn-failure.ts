import { type ActorError, HandlerError, type Logger, TurnTimeoutError } from "@actor-runtime/core";
import type { RunningTurn } from "./activation.js";

/** A turn that a message began. */
type FailedTurn = Pick<RunningTurn, "inbound" | "span"> & { readonly what: string };

/** A refusal is no fault; everything else is logged where it happened. */
export function logFailure(log: Logger, { inbound, span, what }: FailedTurn, actor: string, error: ActorError): void {
  const fields = { actor, handler: inbound!.message.handler, code: error.code, ...span?.ids };
  if (error instanceof HandlerError || error instanceof TurnTimeoutError) {
    log.error({ ...fields, err: error }, `${what} failed: ${error.message}`);
  } else {
    log.debug(fields, `${what} ended with ${error.name}: ${error.message}`);
  }
}
