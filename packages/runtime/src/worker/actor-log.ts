import type { Logger } from "@actor-runtime/core";

/** A log with the actor's address on every line. */
export function actorLog(log: Logger, actor: string): Logger {
  return {
    debug: (fields, line) => log.debug({ actor, ...fields }, line),
    info: (fields, line) => log.info({ actor, ...fields }, line),
    warn: (fields, line) => log.warn({ actor, ...fields }, line),
    error: (fields, line) => log.error({ actor, ...fields }, line),
  };
}
