import { type Container, type InjectionToken } from "@actor-runtime/core";
import { ActorContext } from "../actor-context.js";
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
export declare function inject<T>(token: InjectionToken<T>): T;
/** Runs `make` with `inject` answering from this context and container. */
export declare function constructing<R>(context: ActorContext, container: Container, make: () => R): R;
//# sourceMappingURL=inject.d.ts.map