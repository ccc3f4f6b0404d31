import type { Duration } from "@actor-runtime/core";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { ActorSettings } from "./actor-options.js";
import type { StateField } from "./actor-definition.js";
export type Schemas = StandardSchemaV1 | readonly StandardSchemaV1[];
/** What `@Handler` or `@Query` says about a method. */
export interface MethodDeclaration {
    readonly kind: "handler" | "query";
    readonly input: Schemas | undefined;
    readonly timeout: Duration | undefined;
}
export declare function declareActor(type: object, settings: ActorSettings): void;
/** Settings given to this very class; a subclass of an actor is none until it is decorated itself. */
export declare function declaredActor(type: object): ActorSettings | undefined;
/** Legacy decorators know the prototype, so they write the class body's list. */
export declare function declareMethod(prototype: object, name: string, declaration: MethodDeclaration): void;
/** TC39 method decorators run before there is a class, so the function itself carries the declaration. */
export declare function tagMethod(method: object, name: string, declaration: MethodDeclaration): void;
/**
 * Adds a durable field to a class body's list. TC39 field decorators know neither class nor prototype before the first
 * instance is made; they call this then, with the prototype of the instance.
 */
export declare function declareField(prototype: object, property: string, name: string): void;
/** Methods by name, those of base classes first; a redecorated method counts as its last declaration. */
export declare function declaredMethods(prototype: object): Map<string, MethodDeclaration>;
/**
 * Durable fields, those of base classes first.
 *
 * @throws ConfigError when two fields share a name in the stored state
 */
export declare function declaredFields(prototype: object, owner: string): StateField[];
//# sourceMappingURL=declarations.d.ts.map