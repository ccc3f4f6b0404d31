import type { Duration } from "@actor-runtime/core";
import type { reservedNames } from "../definition/reserved-names.js";

type Method = (...args: never[]) => unknown;
type Class<T> = abstract new (...args: never[]) => T;
declare const actorType: unique symbol;

/** Names a reference never sends, so no handler may have them. */
export type Reserved = (typeof reservedNames)[number];

type MethodNames<T> = { [K in keyof T]: T[K] extends Method ? K : never }[keyof T] & string;

/** The public methods of an actor, each with its arguments, answering by promise. */
export type Asks<T> = {
  readonly [K in Exclude<MethodNames<T>, Reserved>]: T[K] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never;
};

/** The public methods of an actor, each with its arguments, without an answer. */
export type Tells<T, Sent> = {
  readonly [K in Exclude<MethodNames<T>, Reserved>]: T[K] extends (...args: infer A) => unknown
    ? (...args: A) => Sent
    : never;
};

export interface CallOptions {
  /**
   * How long an ask waits for its answer; also the deadline its work must have begun by. Inside a turn it is cut to
   * what is left of that turn's own deadline.
   *
   * @default "30s"
   */
  timeout?: Duration;
  /** Withdraws the call: it fails with CancelledError, and work that has not begun is not started. */
  signal?: AbortSignal;
  /**
   * Names this call at the target actor. A repeat with the same key, handler and arguments takes effect once and gets the
   * same answer within the target's reply retention; other arguments under it are IdempotencyMismatchError. A stateless type
   * keeps no answers: a repeat runs again, but what it then tells and asks actors takes effect once.
   */
  idempotencyKey?: string;
  /** Travel with the message; the handler reads them as `self.headers`. */
  headers?: Readonly<Record<string, string>>;
}

/** A delayed tell. */
export interface DelayOptions extends Pick<CallOptions, "idempotencyKey" | "headers"> {
  /** The message is kept by the target, durably, and runs no sooner than this after it was sent. */
  delay: Duration;
}

/** What every reference has beside the methods of its actor. `Sent` is what a tell returns. */
export interface Handle<T, Sent> {
  /** `Account/alice` */
  readonly address: string;
  /** The same methods, sent without waiting for an answer. */
  readonly tell: Tells<T, Sent>;
  /**
   * The same reference with options for the calls made through it.
   *
   * @example await alice.with({ timeout: "2s", idempotencyKey: "order-17" }).withdraw(10)
   */
  with(options: CallOptions & { delay?: never }): Handle<T, Sent> & Asks<T>;
  /** @example await alice.with({ delay: "5m" }).tell.remind() */
  with(options: DelayOptions): { readonly tell: Tells<T, Sent> };
  /** Keeps references of different actors apart for the compiler; never there at run time. */
  readonly [actorType]?: T;
}

/**
 * A reference outside of turns. A method asks and resolves to the reply; `ref.tell` resolves once the broker has the
 * message.
 */
export type Ref<T> = Handle<T, Promise<void>> & Asks<T>;

/** A reference inside a turn (`self.ref`): a method asks at once, `ref.tell` returns nothing and leaves with the commit. */
export type TurnRef<T> = Handle<T, void> & Asks<T>;

/** A reference inside a transaction: its calls commit together or not at all. */
export type TransactionRef<T> = Asks<T> & { readonly address: string };

/**
 * Actors that may be addressed by name with types.
 *
 * @example
 * import type { Account } from "./account.js";
 * declare module "actor-runtime" { interface Actors { Account: Account } }
 * system.ref("Account", "alice")
 */
export interface Actors {}

/** No key at all is that of a stateless type; a key that is `undefined` is a mistake. */
type MaybeKey = [] | [key: string];

/**
 * Makes a reference: by class, by a name listed in {@link Actors}, or by any name with its type,
 * `ref<Account>("Account", "alice")`. Stateless types are reached without a key, `ref(Resize)`.
 */
export interface RefBy<Sent> {
  <T extends object>(type: Class<T>, ...key: MaybeKey): Handle<T, Sent> & Asks<T>;
  <N extends keyof Actors>(type: N, ...key: MaybeKey): Handle<Actors[N], Sent> & Asks<Actors[N]>;
  <T extends object = never>(type: [T] extends [never] ? never : string, ...key: MaybeKey): Handle<T, Sent> & Asks<T>;
}

/** One attempt of `system.transaction`. */
export interface Transaction {
  /** Makes a reference whose calls belong to this attempt; options of a reference it is made of count for them, too. */
  ref<T extends object>(type: Class<T>, key: string): TransactionRef<T>;
  ref<N extends keyof Actors>(type: N, key: string): TransactionRef<Actors[N]>;
  ref<T extends object = never>(type: [T] extends [never] ? never : string, key: string): TransactionRef<T>;
  ref<T>(ref: Handle<T, unknown>): TransactionRef<T>;
  /** 1 for the first attempt; the body runs again when the transaction had to give way to an older one. */
  readonly attempt: number;
  /** Aborts when this attempt can no longer commit. */
  readonly signal: AbortSignal;
}
