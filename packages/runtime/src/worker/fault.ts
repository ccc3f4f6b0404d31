import {
  type ActorError,
  ConflictError,
  HandlerError,
  InvalidArgumentsError,
  LockLostError,
  LostOwnershipError,
  NotStartedError,
  OverloadedError,
  RejectedError,
  StateVersionError,
  StoreUnavailableError,
  UnknownHandlerError,
} from "@actor-runtime/core";

/** A message whose turn met a store or an owner that was not there, or whose type is braked, waits so long. */
export const infrastructureWaitMs = 1_000;

/** Nothing is wrong with the message or its handler, so it spends no attempt. */
export function isInfrastructure(error: ActorError): boolean {
  if (error instanceof OverloadedError) return error.scope === "store";
  return (
    error instanceof StoreUnavailableError || error instanceof LostOwnershipError || error instanceof StateVersionError
  );
}

/** The message was wrong, or came too late: that says nothing about the code of the handler. */
export function isSendersFault(error: ActorError): boolean {
  return (
    error instanceof InvalidArgumentsError ||
    error instanceof UnknownHandlerError ||
    error instanceof NotStartedError ||
    error instanceof LockLostError ||
    error instanceof ConflictError
  );
}

/** A fault may pass; a refusal or a wrong message never does. */
export function mayRetry(error: ActorError): boolean {
  return !(error instanceof RejectedError) && (error instanceof HandlerError || error.retryable);
}
