import { type Duration } from "@actor-runtime/core";
import { type ActorOptions } from "./actor-options.js";
import { type Schemas } from "./declarations.js";
import type { ClassDecoratorFor, FieldDecorator, MethodDecoratorOf } from "./decorator-types.js";
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
export declare function Actor(name: string, options?: ActorOptions): ClassDecoratorFor;
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
export declare function State(options?: {
    name?: string;
}): FieldDecorator;
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
export declare function Handler<const S extends Schemas = never>(options?: HandlerOptions<S>): MethodDecoratorOf<S>;
/**
 * Makes a public method callable from outside that only reads: it runs beside other queries and commits nothing.
 * Assigning state, tells, reminders and asks to handlers throw QueryEffectError in it; it may query others.
 *
 * @example @Query() current(): number { return this.balance; }
 */
export declare function Query<const S extends Schemas = never>(options?: QueryOptions<S>): MethodDecoratorOf<S>;
//# sourceMappingURL=decorators.d.ts.map