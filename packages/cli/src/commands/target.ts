import { checkType, InvalidAddressError, parseAddress } from "@actor-runtime/core";
import { UsageError } from "../exit.js";

/** A type, or one actor of it. */
export interface Target {
  readonly type: string;
  readonly key?: string;
}

/** @throws UsageError when it is neither a type nor an address */
export function parseTarget(text: string): Target {
  try {
    if (text.includes("/")) return parseAddress(text);
    checkType(text);
    return { type: text };
  } catch (error) {
    if (error instanceof InvalidAddressError) throw new UsageError(error.message);
    throw error;
  }
}
