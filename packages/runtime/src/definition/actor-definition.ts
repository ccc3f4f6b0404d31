import type { Container, Mailbox } from "@actor-runtime/core";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { ActorContext } from "../actor-context.js";
import type { RepeatedTime } from "../reminders/reminder-time.js";

export type AnyActor = abstract new (...args: never[]) => object;

/** A method that may be called from outside. */
export interface MethodDefinition {
  /** Name of the type that has it. */
  readonly actor: string;
  readonly name: string;
  readonly kind: "handler" | "query";
  readonly run: (this: object, ...args: unknown[]) => unknown;
  /** One schema checks the only argument, a list checks them one by one; absent = unchecked. */
  readonly input: StandardSchemaV1 | readonly StandardSchemaV1[] | undefined;
  /** Longest turn in ms. */
  readonly timeoutMs: number;
  /** What `@Transactional` says about it. */
  readonly transaction?: TransactionalMethod | undefined;
  /** What `@Every` says about it. */
  readonly every?: RepeatedTime | undefined;
}

/**
 * - `create`: its turns are transactions of their own
 * - `join`: they may only be called in one
 * - `createOrJoin`: they are part of their caller's, or one of their own
 * - `suppress`: they are part of none, even called in one
 */
export type TransactionalMode = "create" | "join" | "createOrJoin" | "suppress";

export interface TransactionalMethod {
  readonly mode: TransactionalMode;
  /** How long a transaction of its own may take, with all its attempts (ms). */
  readonly timeoutMs: number;
}

/** A durable field: its property on the instance and its name in the stored state. */
export interface StateField {
  readonly property: string;
  readonly name: string;
}

/** A reminder that every actor of a type has, by `@Every`. */
export interface DeclaredReminder {
  /** `@` and the handler's name. */
  readonly name: string;
  readonly handler: string;
  readonly time: RepeatedTime;
}

/** A class as the worker uses it: options normalised, decorators read, both dialects alike. */
export interface ActorDefinition {
  readonly name: string;
  readonly type: AnyActor;
  /** Name and partition count asked for; the store's record decides (see Store.registerMailbox). */
  readonly mailbox: Pick<Mailbox, "name" | "partitions">;
  readonly methods: ReadonlyMap<string, MethodDefinition>;
  readonly every: readonly DeclaredReminder[];
  /** Schema version of the state, 1 unless given. */
  readonly version: number;
  readonly migrate: ((old: Record<string, unknown>, from: number) => Record<string, unknown>) | undefined;
  readonly replyRetentionMs: number;
  readonly idleAfterMs: number;
  readonly whileRetrying: "hold" | "pass";
  /** How often a told message is tried before it becomes a dead letter. */
  readonly attempts: number;
  /** The instance's durable fields. TC39 field decorators register when the first instance is made, so it takes one. */
  stateFields(instance: object): readonly StateField[];
  /** Makes an instance: `inject` works in its constructor and field initialisers, constructor parameters come from metadata. */
  construct(context: ActorContext, container: Container): object;
}
