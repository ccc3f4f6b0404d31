import {
  type Message,
  messageBytes,
  messageHead,
  type Span,
  type TraceHeaders,
  type TransactionContext,
  type TransactionReply,
} from "@actor-runtime/core";

/** A method of an actor, the same for all its calls; `head` is `messageHead` of address, kind and handler. */
export interface CallTarget {
  readonly type: string;
  readonly address: string;
  readonly kind: "ask" | "query";
  readonly handler: string;
  readonly head: string;
  readonly headBytes: number;
}

/** What withdraws a call: an AbortSignal, or what costs less than one. */
export interface CallSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** The transaction a call is part of, as its caller knows it. */
export interface CallTransaction {
  readonly context: TransactionContext;
  /** Told before the call settles, for each answer that says who took part. */
  joined(reply: TransactionReply): void;
}

/** What is special about one call. */
export interface CallDetails {
  readonly timeoutMs: number;
  /** An ask is repeated each so often until its answer comes; default: once, after half its time. */
  readonly repeatMs?: number | undefined;
  readonly signal: CallSignal | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** Identity of its own: `u:` or `d:` (delivery.md A.1). */
  readonly id: string | undefined;
  readonly chain: readonly string[] | undefined;
  /** Locks the call is made under: the actor refuses it once it has seen a later fence of one. */
  readonly locks?: Message["locks"];
  readonly transaction?: CallTransaction | undefined;
  readonly dueAt: number | undefined;
  /** What its message takes along so that the spans of its turn find their parent. */
  readonly trace?: TraceHeaders | undefined;
  /** The span of the call; absent: nobody traces. */
  readonly span?: Span | undefined;
}

export function callTarget(address: string, kind: CallTarget["kind"], handler: string): CallTarget {
  const head = messageHead(address, kind, handler);
  const type = address.slice(0, address.indexOf("/"));
  return { type, address, kind, handler, head, headBytes: messageBytes(head) };
}
