import {
  type Holder,
  type HoldMode,
  type Message,
  type Span,
  type TransactionContext,
  UnsupportedError,
} from "@actor-runtime/core";
import type { ActorDefinition, MethodDefinition } from "../definition/actor-definition.js";
import { isSystemType } from "../system-handlers.js";
import type { Joined } from "../transactions/joined.js";
import type { CommitPath } from "../transactions/transaction-end.js";
import type { Holding } from "./hold.js";
import type { Inbound } from "./inbound.js";

/** The transaction that a turn is part of. */
export interface TurnTransaction {
  readonly context: TransactionContext;
  readonly id: string;
  /** Who took part in the calls it made, itself included. */
  readonly joined: Joined;
  /** It began with this turn, and ends with it. */
  readonly own: boolean;
  /** Of its actor; `undefined`: one of its own that has called nobody yet. */
  holding: Holding | undefined;
  /** One of its own whose commit is under way: who decides, and what that is traced by. */
  commit: { readonly path: CommitPath; readonly span: Span | undefined } | undefined;
}

/** A message that is part of a transaction, and waits. */
export interface Transactional extends Holder {
  readonly inbound: Inbound;
}

/** How a message stands to transactions: it is part of its caller's, or begins one, or neither. */
export type Part = "plain" | "join" | "create";

/** @param method `undefined`: the actor has none of that name */
export function partOf({ name }: ActorDefinition, method: MethodDefinition | undefined, message: Message): Part {
  if (isSystemType(name)) return "plain";
  const mode = method?.transaction?.mode;
  if (mode === "create") return "create";
  if (message.tx !== undefined) return mode === "suppress" ? "plain" : "join";
  return mode === "createOrJoin" ? "create" : "plain";
}

/** Handlers hold their actor alone, queries beside each other. */
export function holdModeOf({ methods }: ActorDefinition, { handler }: Message): HoldMode {
  return methods.get(handler)?.kind === "query" ? "shared" : "exclusive";
}

/** A method that is only for transactions was called outside of one. */
export function notInTransaction(method: MethodDefinition, { tx, to }: Message): UnsupportedError | undefined {
  if (method.transaction?.mode !== "join" || tx !== undefined) return undefined;
  return new UnsupportedError(
    `${to}.${method.name} may only be called in a transaction, for it is @Transactional("join"); call it by system.transaction`,
  );
}
