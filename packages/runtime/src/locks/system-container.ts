import type { Container, InjectionToken } from "@actor-runtime/core";
import { LockServices } from "./lock-actor.js";

/** The user's container, with what the system's own actors inject. */
export function withLockServices(container: Container, services: LockServices): Container {
  return {
    get: <T>(token: InjectionToken<T>): T =>
      (token as unknown) === LockServices ? (services as T) : container.get(token),
  };
}
