// oxlint-disable-next-line import/no-unassigned-import -- typedi calls Reflect.getMetadata and does not load it itself
import "reflect-metadata";
import { ConfigError, type Container, type InjectionToken } from "@actor-runtime/core";
import {
  CannotInstantiateValueError,
  type ContainerInstance,
  ServiceNotFoundError,
  type Token,
  Container as typedi,
} from "typedi";

declare module "@actor-runtime/core" {
  interface Injectable<T> {
    typedi: Token<T>;
  }
}

type Identifier = Token<unknown> | (new (...args: never[]) => object);

/**
 * Services from typedi: classes with `@Service()`, and `Token`s with a value.
 *
 * @param instance typedi's container; the global one unless given
 * @example await connect({ actors: [Account], container: typediContainer() })
 */
export function typediContainer(instance: ContainerInstance = typedi.of()): Container {
  return {
    /** @throws ConfigError naming the token and the fix when typedi has no service for it or would make it wrongly */
    get<T>(token: InjectionToken<T>): T {
      const identifier = token as Identifier;
      refuseWithoutMetadata(instance, identifier, []);
      try {
        return instance.get(identifier) as T;
      } catch (error) {
        if (error instanceof ServiceNotFoundError || error instanceof CannotInstantiateValueError) {
          throw missing(instance, identifier, error);
        }
        throw error;
      }
    },
  };
}

/**
 * typedi hands itself over as the argument after the last it knows of. A constructor compiled without metadata therefore
 * gets the container as its first parameter, silently, and fails at the first call of a method that is not there. So look
 * at every class typedi is about to make, those it needs included, before it does.
 */
function refuseWithoutMetadata(instance: ContainerInstance, identifier: unknown, path: readonly unknown[]): void {
  const type = toBeMade(instance, identifier as Identifier);
  if (!type || path.includes(identifier)) return;
  const parameters: unknown[] | undefined = Reflect.getMetadata("design:paramtypes", type);
  if (!parameters && type.length > 0) {
    throw new ConfigError(
      `service ${type.name}: its constructor wants ${type.length} parameter(s), but there is no decorator metadata that ` +
        "names them; compile it with experimentalDecorators and emitDecoratorMetadata and load reflect-metadata first, " +
        "or take them in fields, `private readonly ledger = inject(Ledger)`",
    );
  }
  for (const parameter of parameters ?? []) refuseWithoutMetadata(instance, parameter, [...path, identifier]);
}

/** The class `instance.get` will call `new` on; `undefined` when there is a value, a factory or nothing. */
function toBeMade(instance: ContainerInstance, identifier: Identifier): { new (): unknown } | undefined {
  const own = instance["findService"](identifier);
  const shared = typedi.of()["findService"](identifier);
  const service = shared?.global ? shared : (own ?? shared);
  if (!service?.type || service.factory) return undefined;
  // typedi marks a missing value with a symbol, and makes the global container's services anew for another container.
  const hasValue = typeof service.value !== "symbol" && (service === own || service.global);
  return hasValue ? undefined : service.type;
}

function missing(instance: ContainerInstance, identifier: Identifier, cause: Error): ConfigError {
  const isClass = typeof identifier === "function";
  const name = isClass ? identifier.name : `Token "${identifier.name ?? ""}"`;
  if (isClass && toBeMade(instance, identifier)) {
    return new ConfigError(`service ${name} cannot be made: ${cause.message}`, { cause });
  }
  const fix = isClass
    ? "put @Service() on the class"
    : "give it a value, Container.set(token, …), before the actors start";
  return new ConfigError(`typedi has no service for ${name}; ${fix}`, { cause });
}
