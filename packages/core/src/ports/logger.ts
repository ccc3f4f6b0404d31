export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log, the shape of pino: fields first, then the line. */
export interface Logger {
  debug(fields: LogFields, line: string): void;
  info(fields: LogFields, line: string): void;
  warn(fields: LogFields, line: string): void;
  error(fields: LogFields, line: string): void;
}
