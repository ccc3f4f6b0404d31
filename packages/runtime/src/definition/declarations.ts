import type { Duration } from "@actor-runtime/core";
import { ConfigError } from "@actor-runtime/core";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { EveryTime } from "../reminders/reminder-types.js";
import type { StateField, TransactionalMode } from "./actor-definition.js";
import type { ActorSettings } from "./actor-options.js";
import type { StatelessSettings } from "./stateless-options.js";

export type Schemas = StandardSchemaV1 | readonly StandardSchemaV1[];

/** What `@Handler` or `@Query` says about a method. */
export interface MethodDeclaration {
  readonly kind: "handler" | "query";
  readonly input: Schemas | undefined;
  readonly timeout: Duration | undefined;
  readonly transaction?: TransactionalDeclaration | undefined;
  /** What `@Every` says about it. */
  readonly every?: EveryDeclaration | undefined;
}

/** What `@Transactional` says about a method. */
export interface TransactionalDeclaration {
  readonly mode: TransactionalMode;
  readonly timeout: Duration | undefined;
}

/** What `@Every` says about a method. */
export interface EveryDeclaration {
  readonly time: EveryTime;
}

/** What the decorators of one class body declared, inherited members not included. */
interface Members {
  readonly methods: Map<string, MethodDeclaration>;
  readonly transactions: Map<string, TransactionalDeclaration>;
  readonly times: Map<string, EveryDeclaration>;
  /** Property → name in the stored state. */
  readonly fields: Map<string, string>;
}

// Registered symbols: decorators and worker agree even when two copies of this package are loaded.
const actorKey = Symbol.for("actor-runtime.actor");
const statelessKey = Symbol.for("actor-runtime.stateless");
const membersKey = Symbol.for("actor-runtime.members");
const methodKey = Symbol.for("actor-runtime.method");
const transactionKey = Symbol.for("actor-runtime.transaction");
const everyKey = Symbol.for("actor-runtime.every");

export function declareActor(type: object, settings: ActorSettings): void {
  if (declaredStateless(type)) throw actorAndStateless(settings.name);
  Object.defineProperty(type, actorKey, { value: settings });
}

/** Settings given to this very class; a subclass of an actor is none until it is decorated itself. */
export function declaredActor(type: object): ActorSettings | undefined {
  return ownValue<ActorSettings>(type, actorKey);
}

export function declareStateless(type: object, settings: StatelessSettings): void {
  if (declaredActor(type)) throw actorAndStateless(settings.name);
  Object.defineProperty(type, statelessKey, { value: settings });
}

/** As {@link declaredActor}, for a stateless type. */
export function declaredStateless(type: object): StatelessSettings | undefined {
  return ownValue<StatelessSettings>(type, statelessKey);
}

/** Legacy decorators know the prototype, so they write the class body's list. */
export function declareMethod(prototype: object, name: string, declaration: MethodDeclaration): void {
  const { methods } = membersOf(prototype);
  if (methods.has(name)) throw decoratedTwice(name);
  methods.set(name, declaration);
}

/** TC39 method decorators run before there is a class, so the function itself carries the declaration. */
export function tagMethod(method: object, name: string, declaration: MethodDeclaration): void {
  if (Object.hasOwn(method, methodKey)) throw decoratedTwice(name);
  Object.defineProperty(method, methodKey, { value: declaration });
}

export function declareTransaction(prototype: object, name: string, declaration: TransactionalDeclaration): void {
  const { transactions } = membersOf(prototype);
  if (transactions.has(name)) throw twice("@Transactional", name);
  transactions.set(name, declaration);
}

export function tagTransaction(method: object, name: string, declaration: TransactionalDeclaration): void {
  if (Object.hasOwn(method, transactionKey)) throw twice("@Transactional", name);
  Object.defineProperty(method, transactionKey, { value: declaration });
}

export function declareEvery(prototype: object, name: string, declaration: EveryDeclaration): void {
  const { times } = membersOf(prototype);
  if (times.has(name)) throw twice("@Every", name);
  times.set(name, declaration);
}

export function tagEvery(method: object, name: string, declaration: EveryDeclaration): void {
  if (Object.hasOwn(method, everyKey)) throw twice("@Every", name);
  Object.defineProperty(method, everyKey, { value: declaration });
}

/**
 * Adds a durable field to a class body's list. TC39 field decorators know neither class nor prototype before the first
 * instance is made; they call this then, with the prototype of the instance.
 */
export function declareField(prototype: object, property: string, name: string): void {
  membersOf(prototype).fields.set(property, name);
}

/**
 * Methods by name, those of base classes first; a redecorated method counts as its last declaration.
 *
 * @throws ConfigError when `@Transactional` or `@Every` stands on what is no handler
 */
export function declaredMethods(prototype: object): Map<string, MethodDeclaration> {
  const methods = new Map<string, MethodDeclaration>();
  for (const level of fromBase(prototype)) {
    for (const [name, declaration] of declaredAt<MethodDeclaration>(level, "methods", methodKey)) {
      methods.set(name, declaration);
    }
    for (const [name, transaction] of declaredAt<TransactionalDeclaration>(level, "transactions", transactionKey)) {
      const why = "a query changes nothing and takes part in its caller's transaction anyway";
      methods.set(name, { ...handlerOf(methods, name, "@Transactional", why), transaction });
    }
    for (const [name, every] of declaredAt<EveryDeclaration>(level, "times", everyKey)) {
      methods.set(name, { ...handlerOf(methods, name, "@Every", "nobody gets the answer of a query"), every });
    }
  }
  return methods;
}

/** What one class body declares of its methods: listed by legacy decorators, or carried by the functions themselves. */
function* declaredAt<D>(
  level: object,
  list: "methods" | "transactions" | "times",
  key: symbol,
): Generator<[string, D]> {
  yield* (ownMembers(level)?.[list] ?? []) as Iterable<[string, D]>;
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
    const tag = typeof value === "function" ? ownValue<D>(value, key) : undefined;
    if (tag) yield [name, tag];
  }
}

/**
 * Durable fields, those of base classes first.
 *
 * @throws ConfigError when two fields share a name in the stored state
 */
export function declaredFields(prototype: object, owner: string): StateField[] {
  const nameOf = new Map<string, string>();
  for (const level of fromBase(prototype)) {
    for (const [property, name] of ownMembers(level)?.fields ?? []) nameOf.set(property, name);
  }
  const propertyOf = new Map<string, string>();
  for (const [property, name] of nameOf) {
    const other = propertyOf.get(name);
    if (other !== undefined) {
      throw new ConfigError(
        `${owner}: the fields ${other} and ${property} are both stored as "${name}"; give one another @State({ name })`,
      );
    }
    propertyOf.set(name, property);
  }
  return Array.from(nameOf, ([property, name]) => ({ property, name }));
}

function membersOf(prototype: object): Members {
  const own = ownMembers(prototype);
  if (own) return own;
  const members: Members = { methods: new Map(), transactions: new Map(), times: new Map(), fields: new Map() };
  Object.defineProperty(prototype, membersKey, { value: members });
  return members;
}

function ownMembers(prototype: object): Members | undefined {
  return ownValue<Members>(prototype, membersKey);
}

/** Own properties only: an inherited list would be shared between classes. */
function ownValue<V>(target: object, key: symbol): V | undefined {
  return Object.getOwnPropertyDescriptor(target, key)?.value as V | undefined;
}

function fromBase(prototype: object): object[] {
  const levels: object[] = [];
  for (
    let level: object | null = prototype;
    level && level !== Object.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    levels.unshift(level);
  }
  return levels;
}

function decoratedTwice(name: string): ConfigError {
  return new ConfigError(`${name} is decorated twice; keep one @Handler or one @Query`);
}

function twice(decorator: string, name: string): ConfigError {
  return new ConfigError(`${name} is decorated twice; keep one ${decorator}`);
}

function actorAndStateless(name: string): ConfigError {
  return new ConfigError(`"${name}" is decorated with @Actor and @Stateless; keep one`);
}

/** What a decorator stands on beside `@Handler`; `why` it does not belong on queries. */
function handlerOf(
  methods: ReadonlyMap<string, MethodDeclaration>,
  name: string,
  decorator: string,
  why: string,
): MethodDeclaration {
  const method = methods.get(name);
  if (method?.kind === "handler") return method;
  if (method === undefined) throw new ConfigError(`${decorator} on ${name}: mark the method with @Handler(), too`);
  throw new ConfigError(`${decorator} on ${name}: ${why}; leave it out, or use @Handler() instead of @Query()`);
}
