import type { Context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";

/**
 * The SDK's context manager, which knows whether any context was ever entered. From the first one on Node.js 20 and 22 pay for
 * every promise of the process, so nothing enters one without need.
 */
export class LazyContexts extends AsyncLocalStorageContextManager {
  #entered = false;

  get entered(): boolean {
    return this.#entered;
  }

  override with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    body: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    this.#entered = true;
    return super.with(context, body, self, ...args);
  }
}
