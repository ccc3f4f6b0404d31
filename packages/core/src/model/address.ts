import { InvalidAddressError } from "./errors.js";

/** Bound of a key in UTF-8 bytes: the address is part of queue messages, Redis keys and spans. */
export const maxKeyBytes = 256;

/** An actor's identity. Its text form is `Type/key`; the type ends at the first slash, the key may hold more of them. */
export interface Address {
  readonly type: string;
  readonly key: string;
}

const typePattern = /^\$?[A-Za-z][A-Za-z0-9_.-]{0,99}$/;
const utf8 = new TextEncoder();

/**
 * Joins a type and a key to an address, `Account/alice`.
 *
 * @throws InvalidAddressError when the key is empty, longer than 256 UTF-8 bytes or not well-formed Unicode.
 */
export function formatAddress(type: string, key: string): string {
  checkKey(key);
  return `${type}/${key}`;
}

/**
 * Splits `Account/alice` into its type and key.
 *
 * @throws InvalidAddressError when a part is missing or out of bounds.
 */
export function parseAddress(text: string): Address {
  const slash = text.indexOf("/");
  if (slash < 1) {
    throw new InvalidAddressError(`"${text}" is no actor address: write Type/key, for example Account/alice`);
  }
  const type = text.slice(0, slash);
  const key = text.slice(slash + 1);
  checkType(type);
  checkKey(key);
  return { type, key };
}

/** @throws InvalidAddressError unless the name is 1–100 of letters, digits, `_`, `.`, `-`, beginning with a letter. */
export function checkType(type: string): void {
  if (!typePattern.test(type)) {
    throw new InvalidAddressError(
      `"${type}" is no actor type: use 1 to 100 letters, digits, "_", "." or "-", beginning with a letter`,
    );
  }
}

/** @throws InvalidAddressError when the key is not a string, is empty, over 256 UTF-8 bytes or has a lone surrogate. */
export function checkKey(key: unknown): asserts key is string {
  if (typeof key !== "string") {
    throw new InvalidAddressError(`an actor key must be a string, not ${key === null ? "null" : typeof key}`);
  }
  if (key.length === 0) throw new InvalidAddressError("an actor key must not be empty");
  // 3 bytes are the most a UTF-16 unit takes, so short keys need no count.
  if (key.length * 3 > maxKeyBytes && utf8.encode(key).length > maxKeyBytes) {
    throw new InvalidAddressError(
      `an actor key has at most ${maxKeyBytes} UTF-8 bytes, this one has ${utf8.encode(key).length}`,
    );
  }
  // A lone surrogate becomes U+FFFD on the wire, and two keys would meet in one actor.
  if (!key.isWellFormed()) {
    throw new InvalidAddressError("an actor key must be well-formed Unicode, without lone surrogates");
  }
}
