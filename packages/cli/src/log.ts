import type { Logger } from "@actor-runtime/core";
import { type DestinationStream, pino } from "pino";

export interface LogOptions {
  readonly level: "debug" | "info" | "warn" | "error" | "silent";
  /** `undefined`: pretty on a terminal, JSON elsewhere. */
  readonly format: "json" | "pretty" | undefined;
}

/** Logs to stdout, synchronously, so that the last line before an exit is written. */
export async function createLog({
  level,
  format = process.stdout.isTTY ? "pretty" : "json",
}: LogOptions): Promise<Logger> {
  const options = { level, timestamp: pino.stdTimeFunctions.isoTime, base: null };
  const log: Logger = pino(
    options,
    format === "json" ? pino.destination({ dest: 1, sync: true }) : await prettyStream(),
  );
  return log;
}

async function prettyStream(): Promise<DestinationStream> {
  const { PinoPretty } = await import("pino-pretty");
  const colorize = process.stdout.isTTY && !process.env.NO_COLOR;
  return PinoPretty({ colorize, sync: true, translateTime: "HH:MM:ss.l", singleLine: true });
}
