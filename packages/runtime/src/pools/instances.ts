import { PoolContext } from "./pool-context.js";
import type { PoolScope } from "./pool-scope.js";
import { PoolTurn, type PoolTurnHost } from "./pool-turn.js";

/** The instances of a stateless type in this worker. Each runs one call at a time; there are as many as ran at once. */
export class Instances {
  readonly #scope: PoolScope;
  readonly #host: PoolTurnHost;
  readonly #context: PoolContext;
  readonly #idle: object[] = [];
  /** Made, and not woken yet. */
  readonly #fresh: object[] = [];

  constructor(scope: PoolScope, host: PoolTurnHost) {
    const { definition, services, ref } = scope;
    this.#scope = scope;
    this.#host = host;
    this.#context = new PoolContext(definition.name, services, ref);
  }

  /** Makes the first one, so that a class that cannot be made is found at start. @throws what its constructor throws */
  prepare(): void {
    this.#fresh.push(this.#make());
  }

  /** One that nobody uses. Rejects with what its constructor or its `onActivate` threw. */
  async take(): Promise<object> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const instance = this.#fresh.pop() ?? this.#make();
    await this.#wake(instance);
    return instance;
  }

  /** It is free for the next call. */
  give(instance: object): void {
    this.#idle.push(instance);
  }

  #make(): object {
    return this.#scope.definition.construct(this.#context, this.#scope.services.container);
  }

  async #wake(instance: object): Promise<void> {
    const { onActivate } = instance as { onActivate?: () => unknown };
    if (onActivate === undefined) return;
    const turn = new PoolTurn(this.#host, undefined, "lifecycle", undefined);
    try {
      await turn.run(() => Reflect.apply(onActivate, instance, []));
    } finally {
      turn.end();
    }
  }
}
