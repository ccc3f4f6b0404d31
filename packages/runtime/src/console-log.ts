import type { Logger } from "@actor-runtime/core";

/** Warnings and errors on stderr, for programs that bring no logger of their own. */
export const consoleLog: Logger = {
  debug: () => {},
  info: () => {},
  warn: (fields, line) => console.warn(line, fields),
  error: (fields, line) => console.error(line, fields),
};
