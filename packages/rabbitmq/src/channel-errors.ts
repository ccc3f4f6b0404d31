import { ActorError, ClosedError, ConfigError, StoreUnavailableError } from "@actor-runtime/core";
import type { Channel } from "amqplib";

/** Codes of AMQP 0-9-1 that RabbitMQ closes channels with. */
export const replyCode = { accessRefused: 403, notFound: 404, locked: 405, preconditionFailed: 406 } as const;

/** Why the broker closed a channel; `undefined` when it was not the broker. */
export function replyCodeOf(error: unknown): number | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "number" ? code : undefined;
}

/** Keeps the reason for the end of a channel, which amqplib tells before the end itself. */
export function reasonOf(channel: Channel): { error: Error | undefined } {
  const reason: { error: Error | undefined } = { error: undefined };
  channel.on("error", (error) => (reason.error ??= error));
  return reason;
}

/** What a failed operation of amqplib means to callers. */
export function operationError(what: string, error: unknown): ActorError {
  if (error instanceof ActorError) return error;
  const { message } = error as Error;
  if (replyCodeOf(error) === replyCode.accessRefused) {
    return new ConfigError(
      `${what}: RabbitMQ refused it (${brokerText(message)}): grant the user configure, write and read on actor\\..*`,
      { cause: error },
    );
  }
  return new StoreUnavailableError(`${what}: ${brokerText(message)}`, { cause: error });
}

export function closedError(): ClosedError {
  return new ClosedError("the broker was closed");
}

/** RabbitMQ's own words, without what amqplib puts around them. */
export function brokerText(message: string): string {
  return /with message "(.*)"/s.exec(message)?.[1] ?? message;
}
