import { UnknownHandlerError } from "@actor-runtime/core";
import type { ActorDefinition } from "./actor-definition.js";

/** Why a name cannot be called, the same at the caller and at the actor. */
export function unknownHandler(
  { type, methods }: Pick<ActorDefinition, "type" | "methods">,
  name: string,
): UnknownHandlerError {
  const marked = [...methods.values()];
  const exists = typeof (type.prototype as Record<string, unknown>)[name] === "function";
  const reason = exists && name !== "constructor" ? "is not marked with @Handler() or @Query()" : "does not exist";
  return new UnknownHandlerError(
    `${marked[0]?.actor ?? type.name}.${name} ${reason}; it has: ${marked.map((method) => method.name).join(", ")}`,
  );
}
