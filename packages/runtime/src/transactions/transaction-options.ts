import { ConfigError } from "@actor-runtime/core";
import { positiveMs } from "../definition/positive-ms.js";
import type { TransactionOptions } from "./transaction-types.js";

export const defaultTransactionMs = 10_000;
/** What a transaction touches waits that long if nobody can say what became of it. */
const longestTransactionMs = 5 * 60_000;
const maxKeyLength = 256;

/** `TransactionOptions` with every default filled in and every value checked. */
export interface NormalTransactionOptions {
  readonly timeoutMs: number;
  readonly idempotencyKey: string | undefined;
}

/** @throws ConfigError that names the option and the fix */
export function normalTransactionOptions(options: TransactionOptions = {}): NormalTransactionOptions {
  if (typeof options !== "object" || options === null) {
    throw new ConfigError("transaction: the options must be an object");
  }
  const { timeout = defaultTransactionMs, idempotencyKey } = options;
  if (
    idempotencyKey !== undefined &&
    (typeof idempotencyKey !== "string" || idempotencyKey === "" || idempotencyKey.length > maxKeyLength)
  ) {
    throw new ConfigError(`idempotencyKey: must be a string of 1 to ${maxKeyLength} characters`);
  }
  return { timeoutMs: transactionMs(timeout, "timeout"), idempotencyKey };
}

/**
 * How long a transaction may take, in ms.
 *
 * @param where begins the error
 * @throws ConfigError
 */
export function transactionMs(timeout: NonNullable<TransactionOptions["timeout"]>, where: string): number {
  const ms = positiveMs(timeout, where);
  if (ms <= longestTransactionMs) return ms;
  throw new ConfigError(
    `${where}: ${ms} ms is more than 5 min; what a transaction touches is kept from others meanwhile`,
  );
}
