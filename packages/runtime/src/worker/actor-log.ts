import type { LogFields, Logger } from "@actor-runtime/core";

/** A log with these fields on every line: the actor's address, and its turn's place in the trace. */
export function actorLog(log: Logger, own: LogFields): Logger {
  return {
    debug: (fields, line) => log.debug({ ...own, ...fields }, line),
    info: (fields, line) => log.info({ ...own, ...fields }, line),
    warn: (fields, line) => log.warn({ ...own, ...fields }, line),
    error: (fields, line) => log.error({ ...own, ...fields }, line),
  };
}
