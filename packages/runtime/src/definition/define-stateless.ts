import { ConfigError } from "@actor-runtime/core";
import type { ActorDefinition, AnyActor } from "./actor-definition.js";
import { constructorParameters } from "./constructor-parameters.js";
import { declaredFields, declaredStateless } from "./declarations.js";
import { constructorOf, methodsOf } from "./define.js";
import type { StatelessSettings } from "./stateless-options.js";

/** A stateless type as the worker uses it: options normalised, decorators read, both dialects alike. */
export interface StatelessDefinition
  extends StatelessSettings,
    Pick<ActorDefinition, "type" | "methods" | "construct"> {}

/**
 * Reads what the decorators said about a stateless type.
 *
 * @throws ConfigError that names the class, the field and the fix
 */
export function defineStateless(type: AnyActor): StatelessDefinition {
  const settings = declaredStateless(type)!;
  const methods = methodsOf(type);
  if (methods.size === 0) {
    throw new ConfigError(
      `class ${type.name}: nothing can be called; mark at least one method with @Handler() or @Query()`,
    );
  }
  for (const { name, transaction, every } of methods.values()) {
    if (transaction !== undefined) {
      throw new ConfigError(
        `@Transactional on ${type.name}.${name}: a stateless type takes part in no transaction; ` +
          "call the actors in system.transaction, or make it an @Actor",
      );
    }
    if (every !== undefined) {
      throw new ConfigError(
        `@Every on ${type.name}.${name}: a stateless type has no reminders; let an actor have it, and tell the stateless type`,
      );
    }
  }
  if (typeof type.prototype.onDeactivate === "function") {
    throw new ConfigError(
      `class ${type.name}: instances of a stateless type are never told of their end; remove onDeactivate, ` +
        "and end what they share where the process ends",
    );
  }
  checkStateless(type);
  const construct = constructorOf(type, constructorParameters(type));
  return {
    ...settings,
    type,
    methods,
    construct(context, container) {
      const instance = construct(context, container);
      // TC39 decorators declare fields when the first instance is made.
      checkStateless(type);
      return instance;
    },
  };
}

/** @throws ConfigError when it has durable fields */
function checkStateless(type: AnyActor): void {
  const [field] = declaredFields(type.prototype, `class ${type.name}`);
  if (field === undefined) return;
  throw new ConfigError(
    `@State on ${type.name}.${field.property}: a stateless type keeps nothing; make it an @Actor, or a plain field`,
  );
}
