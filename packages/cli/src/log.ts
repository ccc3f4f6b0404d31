import type { Logger } from "@actor-runtime/core";
import { type DestinationStream, type LoggerOptions, pino } from "pino";

export interface LogOptions {
  readonly level: "debug" | "info" | "warn" | "error" | "silent";
  /** `undefined`: pretty on a terminal, JSON elsewhere. */
  readonly format: "json" | "pretty" | undefined;
}

/** How many digits of a trace's id stand in a pretty line: enough to tell traces of one terminal apart, as Jaeger shows it. */
const shortTraceDigits = 7;

/** Logs to stdout, synchronously, so that the last line before an exit is written. */
export async function createLog({
  level,
  format = process.stdout.isTTY ? "pretty" : "json",
}: LogOptions): Promise<Logger> {
  return pinoLog(level, format === "json" ? pino.destination({ dest: 1, sync: true }) : await prettyStream());
}

/** @param stream gets each line as JSON */
export function pinoLog(level: LogOptions["level"], stream: DestinationStream): Logger {
  const options: LoggerOptions = { level, timestamp: pino.stdTimeFunctions.isoTime, base: null };
  return pino(options, stream);
}

/** @param destination a file's descriptor, or who takes the lines */
export async function prettyStream(destination: 1 | NodeJS.WritableStream = 1): Promise<DestinationStream> {
  const { PinoPretty } = await import("pino-pretty");
  return PinoPretty({
    destination,
    colorize: process.stdout.isTTY && !process.env.NO_COLOR,
    sync: true,
    translateTime: "HH:MM:ss.l",
    singleLine: true,
    ignore: "trace_id,span_id",
    messageFormat: ({ msg, trace_id: trace }) =>
      typeof trace === "string" ? `${String(msg)} trace=${trace.slice(0, shortTraceDigits)}` : String(msg),
  });
}
