type Class<T> = abstract new (...args: never[]) => T;

/**
 * The kinds of token `inject` accepts for a value of type T. Adapters add their own by declaration merging:
 * `declare module "@actor-runtime/core" { interface Injectable<T> { typedi: Token<T> } }`.
 */
export interface Injectable<T> {
  class: Class<T>;
  /** A class with a private constructor, known by its prototype. */
  privateClass: { readonly prototype: T };
}

export type InjectionToken<T> = Injectable<T>[keyof Injectable<T>];

/** Where actors get their services from. */
export interface Container {
  /**
   * Returns the service for a token, the same instance for the same token.
   *
   * @throws an error that names the token when nothing is registered for it
   */
  get<T>(token: InjectionToken<T>): T;
}
