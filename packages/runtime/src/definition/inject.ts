import { ConfigError, type Container, type InjectionToken } from "@actor-runtime/core";
import { ActorContext } from "../actor-context.js";
import { tokenName } from "./token-name.js";

/** What is being made: an actor has a context, a service made on the way has none. */
interface Scope {
  readonly context: ActorContext | undefined;
  readonly container: Container;
}

// Construction is synchronous, so a module variable is enough, and works in every loader.
let current: Scope | undefined;

/**
 * Gets a service, or the actor's own {@link ActorContext}, while an actor is being made: in field initialisers and the
 * constructor. Needs no decorator metadata, so it works in every loader.
 *
 * @param token a class, or whatever the container adapter adds (`Token` of typedi)
 * @throws ConfigError anywhere else, and for an ActorContext wanted by a service: services are shared by all actors
 * @throws an error that names the token when the container has nothing for it
 * @example
 * private readonly self = inject(ActorContext);
 * private readonly audit = inject(AuditLog);
 */
export function inject<T>(token: InjectionToken<T>): T {
  if (!current) {
    throw new ConfigError(
      `inject(${tokenName(token)}) works only while the runtime makes an actor, not with \`new\`; ` +
        'in tests use testSystem({ actors: […] }) of "actor-runtime/testing"',
    );
  }
  return resolve(token, current);
}

/** Runs `make` with `inject` answering from this context and container. */
export function constructing<R>(context: ActorContext, container: Container, make: () => R): R {
  return within({ context, container }, make);
}

function resolve<T>(token: InjectionToken<T>, scope: Scope): T {
  if ((token as unknown) !== ActorContext) {
    // A service outlives the actor it is first made for, so it must not see that actor's context.
    return within({ context: undefined, container: scope.container }, () => scope.container.get(token));
  }
  if (scope.context) return scope.context as T;
  throw new ConfigError(
    "inject(ActorContext): a service is shared by all actors and has no context; hand it over from the actor",
  );
}

function within<R>(scope: Scope, body: () => R): R {
  const outer = current;
  current = scope;
  try {
    return body();
  } finally {
    current = outer;
  }
}
