import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Reserved } from "../client/ref-types.js";
import type { Schemas } from "./declarations.js";

type Method = (...args: never[]) => unknown;

/** A reserved name turns into a type nothing has, whose text is the error. */
type Free<N> = N extends Reserved ? { "error: reserved name": N } : unknown;

type OutputOf<S> = S extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<S> : never;

/** The arguments a schema, or a list of one schema per argument, lets through. */
type ArgumentsOf<S> = S extends readonly StandardSchemaV1[]
  ? { -readonly [I in keyof S]: OutputOf<S[I]> }
  : [OutputOf<S>];

/** Nothing when the method takes what its schema gives; otherwise a type nothing has, whose text is the error. */
type Takes<F, S> = [S] extends [undefined]
  ? unknown
  : F extends (...args: infer A) => unknown
    ? ArgumentsOf<S> extends A
      ? unknown
      : S extends readonly []
        ? { "error: it is called without arguments, but takes": A }
        : { "error: the schema gives": ArgumentsOf<S>; "the method takes": A }
    : unknown;

/**
 * A decorator for public instance methods that take what `S` gives, in both dialects: TC39 (method, context) and legacy
 * (prototype, name, descriptor).
 */
export interface MethodDecoratorFor<S> {
  // oxlint-disable-next-line typescript/no-explicit-any -- ClassMethodDecoratorContext asks for it
  <This, F extends (this: This, ...args: any) => unknown, N>(
    method: F & Takes<F, S>,
    context: ClassMethodDecoratorContext<This, F> & { name: N & Free<N>; static: false; private: false },
  ): void;
  <F extends Method, N extends string>(
    target: object & { prototype?: never },
    name: N & Free<N>,
    descriptor: TypedPropertyDescriptor<F> & Takes<F, S>,
  ): void;
}

/** Without a schema any arguments will do. */
export type MethodDecoratorOf<S extends Schemas> = MethodDecoratorFor<[S] extends [never] ? undefined : S>;

/** A decorator for instance fields in both dialects. */
export interface FieldDecorator {
  <This, V>(value: undefined, context: ClassFieldDecoratorContext<This, V> & { static: false; private: false }): void;
  (target: object & { prototype?: never }, name: string, descriptor?: undefined): void;
}

/** A decorator for classes that can be made, in both dialects. */
export type ClassDecoratorFor = <T extends new (...args: never[]) => object>(
  type: T,
  context?: ClassDecoratorContext<T>,
) => void;
