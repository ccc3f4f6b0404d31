import { messageBytes, messageHead } from "@actor-runtime/core";

/** A method of an actor, the same for all its calls; `head` is `messageHead` of the other three. */
export interface CallTarget {
  readonly address: string;
  readonly kind: "ask" | "query";
  readonly handler: string;
  readonly head: string;
  readonly headBytes: number;
}

export function callTarget(address: string, kind: CallTarget["kind"], handler: string): CallTarget {
  const head = messageHead(address, kind, handler);
  return { address, kind, handler, head, headBytes: messageBytes(head) };
}
