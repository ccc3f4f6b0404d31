import { createHash } from "node:crypto";
import { fingerprint } from "./fingerprint.js";

/** Identities longer than this are replaced by their hash, so that deep chains of asks do not grow without bound. */
const maxLength = 200;

/**
 * Names what the handling of a message sends, the same each time it is handled (delivery.md A.1). Identities count for their
 * own actor, so its address is part of it: two actors may be asked under one key, or told under one number, and both may ask a
 * third for the same.
 *
 * @param address of who handles the message
 * @param identity of the message
 * @param position among all that it sends
 * @param what is sent, and to whom: something else at the same position is another effect
 */
export function derivedIdentity(address: string, identity: string, position: number | string, what: string): string {
  const derived = `d:${address}:${identity}:${position}:${fingerprint(what)}`;
  return derived.length <= maxLength ? derived : `d:${createHash("sha256").update(derived).digest("base64url")}`;
}
