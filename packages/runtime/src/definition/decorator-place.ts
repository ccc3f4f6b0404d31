import { ConfigError } from "@actor-runtime/core";

/** What a member decorator stands on, told alike by both dialects. */
interface Place {
  readonly kind: string;
  readonly name: string | symbol;
  readonly static: boolean;
  readonly private: boolean;
}

/** The context object that TC39 decorators get as their second argument; legacy ones get the member's name there. */
interface StandardContext extends Place {
  readonly kind: string;
}

export function isStandard(context: unknown): context is StandardContext {
  return typeof context === "object" && context !== null && "kind" in context;
}

/** Reads the arguments of a legacy decorator: prototype (or the class, for static members), name, descriptor. */
export function legacyPlace(target: object, name: string | symbol, descriptor: PropertyDescriptor | undefined): Place {
  let kind = "field";
  if (descriptor) kind = typeof descriptor.value === "function" ? "method" : "accessor";
  return { kind, name, static: typeof target === "function", private: false };
}

/**
 * Refuses what the compiler refuses too, for code that is only transpiled.
 *
 * @returns the member's name
 * @throws ConfigError
 */
export function checkPlace(decorator: string, kind: "method" | "field", place: Place): string {
  const name = String(place.name);
  const refuse = (why: string): never => {
    throw new ConfigError(`${decorator} on ${name}: ${why}`);
  };
  if (place.kind !== kind) refuse(`it belongs on a ${kind}, not on this ${place.kind}`);
  if (place.static) refuse(`a static ${kind} belongs to no actor; make it an instance ${kind}`);
  if (place.private) refuse(`a #private ${kind} cannot be reached from outside; write "private ${name.slice(1)}"`);
  if (typeof place.name === "symbol") refuse("a symbol cannot be stored or sent; use a name");
  if (name.startsWith("$")) refuse('names that begin with "$" are kept for the system');
  return name;
}
