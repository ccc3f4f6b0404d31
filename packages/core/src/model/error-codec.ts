import * as errors from "./errors.js";
import type { WireError } from "./message.js";

const { ActorError, HandlerError } = errors;
type ActorError = errors.ActorError;

/** Bounds: characters of a message and of a stack, of a name or code, further fields, errors behind an error. */
const maxText = 8 * 1024;
const maxName = 256;
const maxFields = 16;
const maxCauses = 4;

/** Every class of `errors.ts` under its exported name, which unlike `class.name` survives a minifier. */
const classes: ReadonlyMap<string, { readonly prototype: ActorError }> = new Map(Object.entries(errors));
const classNames = new Map([...classes].map(([name, type]) => [type.prototype as object, name]));

/** Fields with a place of their own in a WireError. */
const placed = new Set(["name", "message", "stack", "cause", "code", "effect", "retryable", "data"]);
const builtInName = /^(Aggregate|Eval|Range|Reference|Syntax|Type|URI)?Error$/;
const marker = "    --- at the actor ---";

/** Also true for errors of another realm. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}

/**
 * Describes anything that was thrown. Never throws itself: what cannot be read or encoded is left out.
 *
 * @param encodeData puts `data` into wire form, or throws when it cannot travel
 */
export function describeError(thrown: unknown, encodeData: (data: unknown) => unknown, causes = maxCauses): WireError {
  try {
    const error = thrown instanceof ActorError ? thrown : asHandlerError(thrown);
    const data = attempt(() => (error.data === undefined ? undefined : encodeData(error.data)));
    const fields = attempt(() => furtherFields(error));
    const stack = framesOf(read(error, "stack"));
    const cause = causes > 0 ? read(error, "cause") : undefined;
    return {
      class: nearestClass(error),
      name: text(read(error, "name"), maxName, "Error"),
      code: text(read(error, "code"), maxName, "UNKNOWN"),
      message: text(read(error, "message"), maxText, ""),
      effect: read(error, "effect") === "unknown" ? "unknown" : "none",
      retryable: read(error, "retryable") === true,
      ...(data !== undefined && { data }),
      ...(fields !== undefined && { fields }),
      ...(stack !== undefined && { stack }),
      ...(cause !== undefined && { cause: describeError(cause, encodeData, causes - 1) }),
    };
  } catch {
    return describeError(new HandlerError("the error that was thrown cannot be read", "unknown"), encodeData);
  }
}

/**
 * Makes the error that the caller sees: an instance of the class of ours that is named, or of ActorError where a newer
 * build names one that is unknown here. Runs no constructor; data that cannot be decoded is left out.
 */
export function reviveError(wire: WireError, decodeData: (wire: unknown) => unknown, causes = maxCauses): ActorError {
  const type = classes.get(wire.class) ?? ActorError;
  const error = Reflect.construct(Error, [wire.message], type as typeof ActorError) as ActorError;
  Object.defineProperty(error, "name", { value: wire.name, configurable: true, writable: true });
  Object.assign(error, {
    code: wire.code,
    effect: wire.effect,
    retryable: wire.retryable,
    data: wire.data === undefined ? undefined : attempt(() => decodeData(wire.data)),
  });
  if (wire.cause !== undefined && causes > 0) {
    const cause = reviveError(wire.cause, decodeData, causes - 1);
    Object.defineProperty(error, "cause", { value: cause, configurable: true, writable: true });
  }
  for (const [key, value] of Object.entries(wire.fields ?? {}).slice(0, maxFields)) {
    if (!(key in error)) Object.assign(error, { [key]: value });
  }
  const header = `${wire.name}: ${wire.message}`;
  const remote = wire.stack === undefined || wire.stack.startsWith(marker) ? wire.stack : `${marker}\n${wire.stack}`;
  error.stack = `${header}\n${remote ?? framesOf(error.stack) ?? ""}`;
  return error;
}

/** Whether foreign JSON has the shape of an error on the wire. */
export function isWireError(value: unknown, causes = maxCauses): value is WireError {
  if (typeof value !== "object" || value === null) return false;
  const wire = value as Record<keyof WireError, unknown>;
  return (
    typeof wire.class === "string" &&
    typeof wire.name === "string" &&
    typeof wire.code === "string" &&
    typeof wire.message === "string" &&
    (wire.effect === "none" || wire.effect === "unknown") &&
    typeof wire.retryable === "boolean" &&
    (wire.stack === undefined || typeof wire.stack === "string") &&
    (wire.fields === undefined || (isRecord(wire.fields) && Object.values(wire.fields).every(isPlain))) &&
    (wire.cause === undefined || causes === 0 || isWireError(wire.cause, causes - 1))
  );
}

function asHandlerError(thrown: unknown): errors.HandlerError {
  const name = thrownName(thrown);
  const message = isError(thrown) ? read(thrown, "message") : attempt(() => String(thrown));
  const code = read(thrown, "code");
  const error = new HandlerError(text(message, maxText, ""), name, {
    ...(typeof code === "string" && { code }),
    data: isError(thrown) ? read(thrown, "data") : undefined,
  });
  error.name = name;
  error.stack = text(read(thrown, "stack"), Infinity, "");
  if (isError(thrown)) error.cause = read(thrown, "cause");
  return error;
}

/** A class that did not set `name` inherits a built-in one; its constructor says more. */
function thrownName(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null) return thrown === null ? "null" : typeof thrown;
  const name = isError(thrown) ? read(thrown, "name") : undefined;
  if (typeof name === "string" && !builtInName.test(name)) return name.slice(0, maxName);
  return text(read(read(thrown, "constructor"), "name"), maxName, text(name, maxName, "object"));
}

function nearestClass(error: ActorError): string {
  let prototype: object | null = Object.getPrototypeOf(error);
  while (prototype !== null && !classNames.has(prototype)) prototype = Object.getPrototypeOf(prototype);
  return prototype === null ? "ActorError" : classNames.get(prototype)!;
}

function furtherFields(error: ActorError): WireError["fields"] {
  const own = Object.entries(error).filter(([key, value]) => !placed.has(key) && isPlain(value));
  return own.length === 0 ? undefined : (Object.fromEntries(own.slice(0, maxFields)) as WireError["fields"]);
}

function framesOf(stack: unknown): string | undefined {
  if (typeof stack !== "string") return undefined;
  const start = stack.search(/^ {4}(at |---)/m);
  return start < 0 ? undefined : stack.slice(start, start + maxText);
}

function isPlain(value: unknown): value is string | number | boolean {
  return (typeof value === "string" && value.length <= maxText) || Number.isFinite(value) || typeof value === "boolean";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown, bound: number, otherwise: string): string {
  return typeof value === "string" ? value.slice(0, bound) : otherwise;
}

function read(object: unknown, key: string): unknown {
  return attempt(() => (object as Record<string, unknown> | null | undefined)?.[key]);
}

function attempt<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch {
    return undefined;
  }
}
