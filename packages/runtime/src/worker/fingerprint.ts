import { hashKey, type Message } from "@actor-runtime/core";

/** Tells different handlers and arguments under one idempotency key apart (delivery.md A.1): 64 bits in hexadecimal. */
export function fingerprintOf({ handler, args }: Pick<Message, "handler" | "args">): string {
  return fingerprint(`${handler} ${JSON.stringify(args)}`);
}

export function fingerprint(text: string): string {
  return hex(hashKey(text)) + hex(hashKey(`#${text}`));
}

function hex(hash: number): string {
  return hash.toString(16).padStart(8, "0");
}
