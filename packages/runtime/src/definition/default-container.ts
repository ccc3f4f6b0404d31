import { ConfigError, type Container, type InjectionToken } from "@actor-runtime/core";
import { tokenName } from "./token-name.js";

type Service = new () => object;

/**
 * The container used when none is given: one instance per class, made without arguments when it is first asked for. Its
 * own fields may `inject` further services. Anything else (tokens, constructor parameters, interfaces) needs a container.
 */
export class DefaultContainer implements Container {
  readonly #services = new Map<unknown, object>();
  /** Services being made, outermost first. */
  readonly #making: unknown[] = [];

  /** @throws ConfigError when the token is no class, its constructor wants parameters, or services need each other */
  get<T>(token: InjectionToken<T>): T {
    const service = this.#services.get(token) ?? this.#make(token);
    return service as T;
  }

  #make(token: unknown): object {
    const name = tokenName(token);
    const remedy = "pass a container, for example connect({ actors, container: typediContainer() })";
    if (typeof token !== "function") {
      throw new ConfigError(`inject(${name}): only classes can be made without a container; ${remedy}`);
    }
    if (token.length > 0) {
      throw new ConfigError(
        `inject(${name}): its constructor wants ${token.length} parameter(s); use inject in its fields, or ${remedy}`,
      );
    }
    if (this.#making.includes(token)) {
      throw new ConfigError(
        `inject(${name}): services need each other: ${[...this.#making, token].map(tokenName).join(" → ")}`,
      );
    }
    this.#making.push(token);
    try {
      const service = new (token as Service)();
      this.#services.set(token, service);
      return service;
    } finally {
      this.#making.pop();
    }
  }
}
