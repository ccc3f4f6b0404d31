import type { ActorError } from "@actor-runtime/core";

/** Kept per actor, so what a handler throws must not be kept whole. */
const maxMessageLength = 500;

/** How a turn of an actor failed last, since it came into memory. Refusals (`RejectedError`) are no failures. */
export interface LastError {
  /** Absent: it could not come to life. */
  readonly handler?: string;
  readonly code: string;
  /** Its first 500 characters. */
  readonly message: string;
  /** In ms since 1970 by the store's clock. */
  readonly at: number;
  readonly traceId?: string;
}

export function lastErrorOf({ code, message }: ActorError, at: number, handler?: string, traceId?: string): LastError {
  return {
    ...(handler !== undefined && { handler }),
    code,
    message: message.slice(0, maxMessageLength),
    at: Math.round(at),
    ...(traceId !== undefined && { traceId }),
  };
}
