import type { Container, InjectionToken, LockLeases, Logger, Telemetry } from "@actor-runtime/core";

/** What the system's own actors need of their process. */
export abstract class SystemServices {
  abstract readonly leases: LockLeases;
  abstract readonly log: Logger;
  abstract readonly telemetry: Telemetry;
  /** The store's time, in ms since 1970. */
  abstract now(): number;
}

/** The user's container, with what the system's own actors inject. */
export function withSystemServices(container: Container, services: SystemServices): Container {
  return {
    get: <T>(token: InjectionToken<T>): T =>
      (token as unknown) === SystemServices ? (services as T) : container.get(token),
  };
}
