import { ConfigError, type Duration } from "@actor-runtime/core";
import type { EveryTime } from "../reminders/reminder-types.js";
import type { TransactionalMode } from "./actor-definition.js";
import { type ActorOptions, actorSettings } from "./actor-options.js";
import {
  declareActor,
  declareEvery,
  declareField,
  declareMethod,
  declareTransaction,
  type MethodDeclaration,
  type Schemas,
  type TransactionalDeclaration,
  tagEvery,
  tagMethod,
  tagTransaction,
} from "./declarations.js";
import { checkPlace, isStandard, legacyPlace } from "./decorator-place.js";
import type { ClassDecoratorFor, FieldDecorator, MethodDecoratorFor, MethodDecoratorOf } from "./decorator-types.js";

export interface QueryOptions<S extends Schemas = Schemas> {
  /**
   * Any Standard Schema (zod, valibot, arktype, …) for a single argument, or a list of one schema per argument. The method
   * gets what the schema gives; what it refuses is InvalidArgumentsError at the caller. Without it arguments are unchecked.
   */
  input?: S;
}

export interface HandlerOptions<S extends Schemas = Schemas> extends QueryOptions<S> {
  /** The turn is aborted after this time, leaves nothing and fails with TurnTimeoutError. @default "1m" */
  timeout?: Duration;
}

export interface TransactionalOptions {
  /** How long a transaction of its own may take, with all its attempts, at most 5 min. @default "10s" */
  timeout?: Duration;
}

/**
 * Makes a class an actor type. The class itself is not changed or wrapped.
 *
 * Works with legacy (`experimentalDecorators`) and TC39 decorators. A subclass of an actor is an actor only when it is
 * decorated itself; fields and handlers are inherited, from abstract classes too.
 *
 * @param name the address (`Account/alice`) and the storage key: given, never derived from the class, because minifiers
 * and renames change class names. Letters, digits, `_`, `.`, `-`, beginning with a letter.
 * @throws ConfigError when the name is missing or an option is out of range
 * @example
 * @Actor("Account", { version: 2, migrate: (old) => ({ balance: Number(old.euros) * 100 }) })
 * export class Account { … }
 */
export function Actor(name: string, options?: ActorOptions): ClassDecoratorFor {
  return (type) => declareActor(type, actorSettings(type.name, name, options));
}

/**
 * Makes a field durable: it is restored after construction, and what a turn made of it commits with the turn or not at
 * all. It may hold anything JSON can, and `undefined`, `bigint`, `Date`, `Uint8Array`, `Map`, `Set`, to any depth.
 *
 * A `#private` field cannot be reached from outside the class: use `private`.
 *
 * @param options.name keeps the stored name when the field is renamed; names are unique in a class
 * @throws ConfigError on methods, static, `#private` and symbol members and for names that begin with "$"
 * @example
 * @State() private balance = 0;
 * @State({ name: "owner" }) private holder = "";
 */
export function State(options: { name?: string } = {}): FieldDecorator {
  return (target: object | undefined, at: unknown, descriptor?: PropertyDescriptor) => {
    if (isStandard(at)) {
      const property = checkPlace("@State", "field", at);
      const name = storedName(property, options.name);
      return function (this: object, initial: unknown): unknown {
        declareField(Object.getPrototypeOf(this), property, name);
        return initial;
      };
    }
    const property = checkPlace("@State", "field", legacyPlace(target!, at as string | symbol, descriptor));
    declareField(target!, property, storedName(property, options.name));
    return undefined;
  };
}

/**
 * Makes a public method callable from outside; each call is a turn of its own and commits what it changed. A method that
 * throws leaves nothing behind.
 *
 * An override in a subclass is called in its place, with these options unless it is decorated again. With TC39
 * decorators put it above decorators that replace the method.
 *
 * @throws ConfigError on fields, static and `#private` members and for names that begin with "$"
 * @example
 * @Handler({ input: z.number().positive() }) deposit(amount: number): number {
 *   return (this.balance += amount);
 * }
 */
export function Handler<const S extends Schemas = never>(options: HandlerOptions<S> = {}): MethodDecoratorOf<S> {
  return methodDecorator("@Handler", { kind: "handler", input: options.input, timeout: options.timeout });
}

/**
 * Makes a public method callable from outside that only reads: it runs beside other queries and commits nothing.
 * Assigning state, tells, reminders and asks to handlers throw QueryEffectError in it; it may query others.
 *
 * @example @Query() current(): number { return this.balance; }
 */
export function Query<const S extends Schemas = never>(options: QueryOptions<S> = {}): MethodDecoratorOf<S> {
  return methodDecorator("@Query", { kind: "query", input: options.input, timeout: undefined });
}

const modes: readonly TransactionalMode[] = ["create", "join", "createOrJoin", "suppress"];

/**
 * Says how the turns of a handler stand to transactions. In one, all that the handler changes and all that the actors it asks
 * change commits together or not at all.
 *
 * - `createOrJoin`: they are part of their caller's transaction, or one of their own
 * - `create`: each is a transaction of its own, also when it is called in another
 * - `join`: they may only be called in one
 * - `suppress`: they are part of none, so that what they do stays when their caller's is aborted
 *
 * A handler without it is part of its caller's transaction, and a plain turn where that has none. Stands above or below
 * `@Handler`.
 *
 * @throws ConfigError on queries and on methods that are no handlers, when the mode is none, or the time-out is out of range
 * @example
 * @Handler() @Transactional() async transfer(to: string, amount: number): Promise<void> {
 *   this.balance -= amount;
 *   await this.self.ref(Account, to).deposit(amount);
 * }
 */
export function Transactional(
  mode: TransactionalMode = "createOrJoin",
  { timeout }: TransactionalOptions = {},
): MethodDecoratorOf<never> {
  if (!modes.includes(mode)) {
    throw new ConfigError(`@Transactional: ${JSON.stringify(mode)} must be one of ${modes.join(", ")}`);
  }
  const declaration: TransactionalDeclaration = { mode, timeout };
  return (target: object, at: unknown, descriptor?: PropertyDescriptor) => {
    if (isStandard(at)) return tagTransaction(target, checkPlace("@Transactional", "method", at), declaration);
    const name = checkPlace("@Transactional", "method", legacyPlace(target, at as string | symbol, descriptor));
    return declareTransaction(target, name, declaration);
  };
}

/**
 * Gives every actor of the type a reminder that calls this handler, without arguments: from the first turn on that commits, for
 * as long as the actor lives. It is named `@` and the handler's name, and missed ticks become what `missed` says (default:
 * one for all of them). When the time given here changes, each actor's changes with its next turn; when the decorator goes, so
 * does the reminder. Stands above or below `@Handler`.
 *
 * @param time a period of at least 1 s, or a cron expression with its time zone
 * @throws ConfigError on queries, on methods that are no handlers or need arguments, and when the time is wrong
 * @example
 * @Handler() @Every({ cron: "0 9 * * mon-fri", tz: "Europe/Berlin" }) report(): void {
 *   this.self.ref(Mailer, this.self.key).tell.send(this.changes);
 * }
 */
export function Every(time: EveryTime): MethodDecoratorFor<readonly []> {
  return (target: object, at: unknown, descriptor?: PropertyDescriptor) => {
    if (isStandard(at)) return tagEvery(target, checkPlace("@Every", "method", at), { time });
    const name = checkPlace("@Every", "method", legacyPlace(target, at as string | symbol, descriptor));
    return declareEvery(target, name, { time });
  };
}

function methodDecorator<S extends Schemas>(decorator: string, declaration: MethodDeclaration): MethodDecoratorOf<S> {
  return (target: object, at: unknown, descriptor?: PropertyDescriptor) => {
    if (isStandard(at)) return tagMethod(target, checkPlace(decorator, "method", at), declaration);
    const name = checkPlace(decorator, "method", legacyPlace(target, at as string | symbol, descriptor));
    return declareMethod(target, name, declaration);
  };
}

function storedName(property: string, name = property): string {
  if (name !== "" && !name.startsWith("$")) return name;
  throw new ConfigError(
    `@State on ${property}: "${name}" is no name for stored state; it must not be empty or begin with "$"`,
  );
}
