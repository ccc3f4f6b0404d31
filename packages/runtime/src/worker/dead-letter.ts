import { type DeadLetter, errorToWire, type Frame } from "@actor-runtime/core";
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
