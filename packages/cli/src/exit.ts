import {
  ActorError,
  ConfigError,
  type Effect,
  errorToWire,
  HandlerError,
  StoreUnavailableError,
  type WireError,
} from "@actor-runtime/core";
import { CommanderError } from "commander";
import { exitCodes } from "./exit-codes.js";
import { syntaxErrorCode } from "./loader/syntax-error-code.js";
import { type TraceLink, traceLine } from "./trace-link.js";

/** The command line is wrong. */
export class UsageError extends ActorError {
  constructor(message: string) {
    super(message, { code: "USAGE", effect: "none", retryable: false });
  }
}

/** A worker refused the request before any actor saw it, for example for its token. */
export class RefusedError extends ActorError {
  constructor(message: string, code: string) {
    super(message, { code, effect: "none", retryable: false });
  }
}

/** No worker answers. */
export class UnreachableError extends ActorError {
  constructor(message: string, effect: Effect) {
    super(message, { code: "UNREACHABLE", effect, retryable: true });
  }
}

/** A call failed, and its trace shows how: `cause` is its error. */
export class TracedError extends Error {
  readonly link: TraceLink;

  constructor(cause: unknown, link: TraceLink) {
    super("a traced call failed", { cause });
    this.link = link;
  }
}

/** How a failed command ends: its exit code and what stderr gets. */
export interface Ending {
  readonly code: number;
  readonly text: string;
}

/**
 * Turns whatever a command threw into its ending: a user's mistake is one line, a bug keeps its stack.
 *
 * @param asJson text as `{"error":{…}}`, for `--json`
 */
export function endingOf(error: unknown, asJson = false): Ending {
  // commander has written its message already; help and version are no mistakes
  if (error instanceof CommanderError) return { code: error.exitCode === 0 ? exitCodes.ok : exitCodes.usage, text: "" };
  if (error instanceof TracedError) return ending(error.cause, asJson, error.link);
  return ending(error, asJson);
}

function ending(error: unknown, asJson: boolean, link?: TraceLink): Ending {
  const text = asJson
    ? JSON.stringify({ error: withoutStack(error), ...link })
    : [textOf(error), ...(link ? [traceLine(link)] : [])].join("\n");
  return { code: codeOf(error), text };
}

function codeOf(error: unknown): number {
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof UnreachableError || error instanceof StoreUnavailableError) return exitCodes.unreachable;
  if (error instanceof ConfigError || isSyntaxError(error)) return exitCodes.config;
  return exitCodes.failure;
}

function textOf(error: unknown): string {
  if (isPlain(error)) return `error: ${error.message}`;
  // The name of what was thrown stands in place of HandlerError's own once it has travelled.
  if (error instanceof HandlerError) return `HandlerError [${error.code}]: ${error.thrown}: ${error.message}`;
  if (error instanceof ActorError) return `${error.name} [${error.code}]: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Errors whose class tells a user nothing. */
function isPlain(error: unknown): error is Error {
  return (
    [UsageError, RefusedError, UnreachableError, ConfigError].some((type) => error instanceof type) ||
    isSyntaxError(error)
  );
}

function withoutStack(error: unknown): Omit<WireError, "stack" | "cause"> {
  const { stack: _stack, cause: _cause, ...wire } = errorToWire(error);
  return wire;
}

function isSyntaxError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && error.code === syntaxErrorCode;
}
