import { ConfigError, type InjectionToken } from "@actor-runtime/core";
import type { AnyActor } from "./actor-definition.js";

type Token = InjectionToken<unknown>;

/** Written by `emitDecoratorMetadata` when reflect-metadata is loaded; we neither need nor load it. */
interface MetadataReflect {
  getOwnMetadata?(key: "design:paramtypes", target: object): readonly unknown[] | undefined;
}

/** What the compiler writes for a parameter whose type is no class of its own. */
const meaningless: ReadonlySet<unknown> = new Set([
  undefined,
  null,
  Object,
  String,
  Number,
  Boolean,
  Array,
  Function,
  Symbol,
  BigInt,
  Promise,
]);

const remedy =
  "use a field, `private readonly ledger = inject(Ledger)`, or a loader with decorator metadata " +
  "(experimentalDecorators and emitDecoratorMetadata, with reflect-metadata loaded)";

/**
 * Tells what to inject into the constructor: the tokens of `static inject = [Ledger]`, else the parameter types written
 * by legacy decorators with metadata, the inherited ones where the class has no constructor.
 *
 * @throws ConfigError when the constructor wants parameters and nothing says which
 */
export function constructorParameters(type: AnyActor): readonly Token[] {
  const listed = (type as { inject?: readonly Token[] }).inject;
  const { tokens, wanted } = listed ? { tokens: listed, wanted: type.length } : fromMetadata(type);
  if (tokens.length < wanted) {
    const given = listed ? `static inject lists ${listed.length}` : "there is no decorator metadata that names them";
    throw new ConfigError(`class ${type.name}: its constructor wants ${wanted} parameter(s), but ${given}; ${remedy}`);
  }
  const unknown = tokens.findIndex((token) => meaningless.has(token));
  if (unknown >= 0) {
    throw new ConfigError(
      `class ${type.name}: the type of constructor parameter ${unknown + 1} is no class that can be injected ` +
        `(an interface, a primitive or an import cycle); ${remedy}`,
    );
  }
  return tokens;
}

function fromMetadata(type: AnyActor): { tokens: readonly Token[]; wanted: number } {
  const reflect = Reflect as MetadataReflect;
  for (let level: object = type; typeof level === "function"; level = Object.getPrototypeOf(level)) {
    const types = reflect.getOwnMetadata?.("design:paramtypes", level);
    // Parameters from the first default on keep their defaults.
    if (types) return { tokens: types.slice(0, level.length) as Token[], wanted: level.length };
    if (type.length > 0) break;
  }
  return { tokens: [], wanted: type.length };
}
