import { ConfigError, LockLostError, type Span } from "@actor-runtime/core";
import { type HeldScope, lockScope } from "./lock-scope.js";
import type { Lock } from "./lock-types.js";
import type { NamedLock } from "./named-lock.js";

/** One or several locks as their user holds them. */
export class LockSet implements Lock {
  readonly locks: readonly NamedLock[];
  readonly #span: Span | undefined;
  readonly #ended: (set: LockSet) => void;
  #controller: AbortController | undefined;
  #lost: LockLostError | undefined;
  #release: Promise<void> | undefined;

  /** @param ended called once, when it is given back */
  constructor(locks: readonly NamedLock[], span: Span | undefined, ended: (set: LockSet) => void) {
    this.locks = locks;
    this.#span = span;
    this.#ended = ended;
    for (const lock of locks) lock.hold(this.#onLost);
  }

  get names(): readonly string[] {
    return this.locks.map(({ offer }) => offer.name);
  }

  get fence(): number {
    return Math.max(...this.locks.map(({ offer }) => offer.fence));
  }

  fenceOf(name: string): number {
    const lock = this.locks.find(({ offer }) => offer.name === name);
    if (lock === undefined) throw new ConfigError(`name: "${name}" is none of these locks (${this.names.join(", ")})`);
    return lock.offer.fence;
  }

  get signal(): AbortSignal {
    const lost = this.lost;
    this.#controller ??= new AbortController();
    if (lost !== undefined) this.#controller.abort(lost);
    return this.#controller.signal;
  }

  /** Why it is lost, if it is; what happens after its release is no loss. */
  get lost(): LockLostError | undefined {
    if (this.#release === undefined) {
      for (const lock of this.locks) if (lock.lost !== undefined) this.#onLost(lock.lost);
    }
    return this.#lost;
  }

  /** It was not given back yet. */
  get held(): boolean {
    return this.#release === undefined;
  }

  check(): void {
    const { lost } = this;
    if (lost !== undefined) throw lost;
    if (this.#release !== undefined) {
      throw new LockLostError(`lock "${this.names.join('", "')}" was given back already`, "none");
    }
  }

  run<R>(body: () => R): R {
    this.check();
    const scope: HeldScope = {
      locks: this.locks.map(({ offer }) => [offer.name, offer.fence] as const),
      held: this.locks,
      check: () => this.check(),
      parent: lockScope.getStore(),
    };
    const run = () => lockScope.run(scope, body);
    return this.#span === undefined ? run() : this.#span.run(run);
  }

  release(): Promise<void> {
    this.#release ??= this.#giveBack();
    return this.#release;
  }

  abandon(reason: string): void {
    if (!this.held) return;
    void this.release();
    this.#lost ??= new LockLostError(`lock "${this.names.join('", "')}" was given back: ${reason}`, "unknown");
    this.#controller?.abort(this.#lost);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  readonly #onLost = (error: LockLostError): void => {
    if (this.#lost !== undefined || !this.held) return;
    this.#lost = error;
    this.#span?.event("lost", { reason: error.message });
    this.#controller?.abort(error);
  };

  async #giveBack(): Promise<void> {
    this.#ended(this);
    this.#span?.end();
    for (const lock of this.locks.toReversed()) {
      const given = lock.letGo(this.#onLost);
      // Whoever has lost one is to hear so now, and not when a slow store has taken back the others.
      if (this.#lost === undefined) await given;
    }
  }
}
