import {
  type ActorError,
  type DeadLetter,
  errorToWire,
  type Frame,
  type Logger,
  RejectedError,
} from "@actor-runtime/core";
import type { Inbound } from "./inbound.js";

/** A message that could not take effect, as it goes to the dead letters of its type. */
export function deadLetterText(inbound: Inbound, cause: unknown, now: number): string {
  const { message } = inbound;
  const letter: DeadLetter = {
    id: inbound.identity,
    address: message.to,
    handler: message.handler,
    // Sent again, it is a message like any other: its reminder has gone on.
    message: { ...message, tick: undefined },
    cause: errorToWire(cause),
    attempts: inbound.attempts + 1,
    at: Math.floor(now),
  };
  return JSON.stringify(letter);
}

/** A frame whose body could not be read, whole (delivery.md O12). */
export function deadFrameText(address: string, id: string, frame: Frame, cause: unknown, now: number): string {
  const letter: DeadLetter = {
    id,
    address,
    handler: "",
    message: { frame: Buffer.from(frame.body).toString("base64") },
    cause: errorToWire(cause),
    attempts: 0,
    at: Math.floor(now),
  };
  return JSON.stringify(letter);
}

/** A refusal is the handler's decision; any other dead letter is something to look at. */
export function logDeadLetter(log: Logger, { message, attempts, span }: Inbound, error: ActorError): void {
  const { to, handler } = message;
  const fields = { actor: to, handler, code: error.code, attempts: attempts + 1, ...span?.ids };
  const line = `${to}.${handler} became a dead letter: ${error.message}`;
  if (error instanceof RejectedError) log.info(fields, line);
  else log.warn(fields, line);
}
