import { ConfigError, InvalidArgumentsError } from "@actor-runtime/core";
import { type RepeatedTime, repeatedTime } from "../reminders/reminder-time.js";
import type { EveryTime } from "../reminders/reminder-types.js";
import { defaultTransactionMs, transactionMs } from "../transactions/transaction-options.js";
import type { ActorDefinition, AnyActor, DeclaredReminder, MethodDefinition, StateField } from "./actor-definition.js";
import type { ActorSettings } from "./actor-options.js";
import { constructorParameters } from "./constructor-parameters.js";
import {
  declaredActor,
  declaredFields,
  declaredMethods,
  declaredStateless,
  type MethodDeclaration,
} from "./declarations.js";
import { constructing, inject } from "./inject.js";
import { positiveMs } from "./positive-ms.js";
import { isReservedName } from "./reserved-names.js";

const defaultTimeout = "1m";

/**
 * Reads what the decorators said about a class.
 *
 * @throws ConfigError that names the class, the field and the fix
 */
export function defineActor(type: AnyActor): ActorDefinition {
  const settings = settingsOf(type);
  const methods = methodsOf(type);
  if (methods.size === 0) {
    throw new ConfigError(
      `class ${type.name}: nothing can be called; mark at least one method with @Handler() or @Query()`,
    );
  }
  const parameters = constructorParameters(type);
  // Legacy decorators have declared the fields by now, so a clash shows at start; TC39 ones have not.
  declaredFields(type.prototype, `class ${type.name}`);
  let fields: readonly StateField[] | undefined;
  return {
    ...settings,
    type,
    methods,
    every: remindersOf(methods),
    stateFields(instance) {
      fields ??= declaredFields(Object.getPrototypeOf(instance), `class ${type.name}`);
      return fields;
    },
    construct: constructorOf(type, parameters),
  };
}

/** Makes instances: `inject` works in the constructor and field initialisers, `parameters` come from the container. */
export function constructorOf(
  type: AnyActor,
  parameters: ReturnType<typeof constructorParameters>,
): ActorDefinition["construct"] {
  const make = type as unknown as new (...args: unknown[]) => object;
  return (context, container) =>
    constructing(context, container, () => new make(...parameters.map((token) => inject(token))));
}

/**
 * The name given to `@Actor`, for references by class.
 *
 * @throws ConfigError when the class has none
 */
export function actorName(type: AnyActor): string {
  return settingsOf(type).name;
}

const methodsByType = new WeakMap<AnyActor, ReadonlyMap<string, MethodDefinition>>();

/**
 * The methods of a class that may be called from outside, hosted here or not.
 *
 * @throws ConfigError when the class is neither actor nor stateless type, or a method's name or options are not allowed
 */
export function methodsOf(type: AnyActor): ReadonlyMap<string, MethodDefinition> {
  let methods = methodsByType.get(type);
  if (!methods) {
    const actor = (declaredStateless(type) ?? settingsOf(type)).name;
    const declarations = declaredMethods(type.prototype);
    methods = new Map(
      Array.from(declarations, ([name, declaration]) => [name, defineMethod(type, actor, name, declaration)]),
    );
    methodsByType.set(type, methods);
  }
  return methods;
}

function defineMethod(type: AnyActor, actor: string, name: string, declaration: MethodDeclaration): MethodDefinition {
  const where = `${type.name}.${name}`;
  if (isReservedName(name)) {
    throw new ConfigError(`${where}: the name is reserved, references use it themselves; rename the method`);
  }
  const { transaction, every } = declaration;
  return {
    actor,
    name,
    kind: declaration.kind,
    run: type.prototype[name],
    input: declaration.input,
    timeoutMs: positiveMs(declaration.timeout ?? defaultTimeout, `${where}: timeout`),
    transaction: transaction && {
      mode: transaction.mode,
      timeoutMs: transactionMs(transaction.timeout ?? defaultTransactionMs, `${where}: @Transactional timeout`),
    },
    every: every && defineEvery(`${where}: @Every`, type.prototype[name], declaration, every.time),
  };
}

function defineEvery(
  where: string,
  run: MethodDefinition["run"],
  { transaction }: MethodDeclaration,
  time: EveryTime,
): RepeatedTime {
  if (run.length > 0) {
    throw new ConfigError(`${where}: it is called without arguments, but takes ${run.length}; give them defaults`);
  }
  if (transaction?.mode === "join") {
    throw new ConfigError(`${where}: its turns are in nobody's transaction; use @Transactional("createOrJoin")`);
  }
  try {
    return repeatedTime(where, time);
  } catch (error) {
    if (!(error instanceof InvalidArgumentsError)) throw error;
    throw new ConfigError(error.message, { cause: error });
  }
}

function remindersOf(methods: ReadonlyMap<string, MethodDefinition>): readonly DeclaredReminder[] {
  return Array.from(methods.values()).flatMap(({ name, every }) =>
    every === undefined ? [] : [{ name: `@${name}`, handler: name, time: every }],
  );
}

/** @throws ConfigError when the class is no actor */
export function settingsOf(type: AnyActor): ActorSettings {
  checkClass(type);
  const settings = declaredActor(type);
  if (settings) return settings;
  if (declaredStateless(type)) {
    throw new ConfigError(`class ${type.name} is a stateless type, and no actor: it has no key and no state`);
  }
  const base = declaredActor(Object.getPrototypeOf(type));
  const inherited = base ? ` (it extends ${base.name}, but a name is not inherited)` : "";
  throw new ConfigError(
    `class ${type.name} is no actor${inherited}; decorate it with @Actor("${type.name}"), or @Stateless("${type.name}")`,
  );
}

/** @throws ConfigError when it is no class at all */
export function checkClass(type: unknown): void {
  if (typeof type === "function") return;
  throw new ConfigError(
    `${String(type)} is no actor class; when it is imported, look for an import cycle or a wrong name`,
  );
}
