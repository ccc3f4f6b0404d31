import { ConfigError, type Duration, durationMs } from "@actor-runtime/core";
import type { UntypedCall } from "../actor-system.js";
import type { CallDetails } from "./call-target.js";
import type { CallOptions } from "./ref-types.js";

/** Everything `ref.with(…)` takes, and what only a call by name has. */
export interface RefOptions extends CallOptions, Pick<UntypedCall, "parent" | "traced"> {
  readonly delay?: Duration;
}

/** What the options of a call are held against. */
interface CalledType {
  readonly type: string;
  readonly known: { readonly replyRetentionMs: number } | undefined;
}

const defaultTimeoutMs = 30_000;
const maxHeaderBytes = 8 * 1024;

/** Options of a reference's calls, checked and in milliseconds. */
export interface NormalCallOptions extends CallDetails {
  readonly delayMs: number | undefined;
  readonly parent: UntypedCall["parent"] | undefined;
  readonly traced: UntypedCall["traced"] | undefined;
}

/**
 * Checks the options of `ref.with(…)`.
 *
 * The time-out of an ask is at most half of the target's `replyRetention`: the answer must still be there when the caller
 * asks for it again (delivery.md C.11).
 *
 * @throws RangeError or ConfigError that names the option and the fix
 */
export function normalCallOptions(options: RefOptions, target: CalledType): NormalCallOptions {
  const longestMs = target.known === undefined ? Number.POSITIVE_INFINITY : target.known.replyRetentionMs / 2;
  const given = options.timeout === undefined ? undefined : durationMs(options.timeout, "timeout");
  if (given !== undefined && given > longestMs) {
    throw new ConfigError(
      `timeout: ${given} ms is more than half of the replyRetention of ${target.type} (${longestMs * 2} ms); raise it in @Actor("${target.type}", { replyRetention })`,
    );
  }
  checkText(options.idempotencyKey);
  checkHeaders(options.headers);
  return {
    timeoutMs: given ?? Math.min(defaultTimeoutMs, longestMs),
    signal: options.signal,
    id: options.idempotencyKey === undefined ? undefined : `u:${options.idempotencyKey}`,
    headers: options.headers,
    chain: undefined,
    dueAt: undefined,
    delayMs: options.delay === undefined ? undefined : durationMs(options.delay, "delay"),
    parent: options.parent,
    traced: options.traced,
  };
}

function checkText(key: unknown): void {
  if (key === undefined) return;
  if (typeof key !== "string" || key.length === 0 || key.length > 256) {
    throw new ConfigError("idempotencyKey: must be a string of 1 to 256 characters");
  }
}

function checkHeaders(headers: unknown): void {
  if (headers === undefined) return;
  if (typeof headers !== "object" || headers === null) throw new ConfigError("headers: must be an object of strings");
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== "string") throw new ConfigError(`headers.${name}: must be a string, not ${typeof value}`);
    bytes += name.length + value.length;
  }
  if (bytes > maxHeaderBytes) {
    throw new ConfigError(`headers: ${bytes} characters, at most ${maxHeaderBytes} may be sent`);
  }
}
