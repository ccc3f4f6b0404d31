import {
  type ActorError,
  ConflictError,
  InvalidArgumentsError,
  LockLostError,
  LostOwnershipError,
  NotStartedError,
  OverloadedError,
  StateVersionError,
  StoreUnavailableError,
  UnknownHandlerError,
} from "@actor-runtime/core";

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
