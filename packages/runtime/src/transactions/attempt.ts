import {
  ActorError,
  CancelledError,
  type Clock,
  ConfigError,
  errorFromWire,
  TransactionAbortedError,
  type TransactionContext,
  type TransactionReply,
  TurnEndedError,
} from "@actor-runtime/core";
import type { NormalCallOptions } from "../client/call-options.js";
import { type CallSignal, callTarget } from "../client/call-target.js";
import { type BoundMethod, behindRef, type Caller, makeRef } from "../client/ref.js";
import type { TargetBy } from "../client/ref-by.js";
import type { Transaction } from "../client/ref-types.js";
import type { StoreTime } from "../store-time.js";
import { abortedError, doomedBy } from "./aborted.js";
import { Joined } from "./joined.js";
import { identityIn } from "./transaction-keys.js";
import { type TransactionScope, transactionScope } from "./transaction-scope.js";

export interface AttemptServices {
  readonly caller: Caller;
  readonly target: TargetBy;
  readonly clock: Clock;
  readonly time: StoreTime;
}

interface OpenCall {
  readonly address: string;
  answer?: Promise<unknown>;
}

type Body<R> = (tx: Transaction) => R | Promise<R>;

/**
 * One run of a transaction's body: it makes the calls, collects who took part in them, and knows when it cannot commit any more. It
 * is itself what withdraws the calls then, as an AbortController for each would cost more than the call.
 */
export class Attempt implements Caller, CallSignal, TransactionScope {
  readonly context: TransactionContext;
  readonly parent = transactionScope.getStore();
  readonly #tx: Transaction;
  readonly #services: AttemptServices;
  readonly #joined: Joined;
  readonly #open = new Set<OpenCall>();
  /** Called, and nobody knows what came of it. */
  readonly #strays = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #controller: AbortController | undefined;
  #doomed: TransactionAbortedError | undefined;
  #ended = false;
  /** Has it waited for no more. */
  #stop = () => {};

  /** @param number 1 for the first */
  constructor(services: AttemptServices, context: TransactionContext, number: number) {
    this.#services = services;
    this.context = context;
    this.#joined = new Joined(context);
    this.#tx = new AttemptHandle(this, number);
  }

  /**
   * Resolves with what the body returned once every call it made was answered, awaited or not.
   *
   * @throws what the body threw, or a call it did not await; TransactionAbortedError when its time is over or it is given up,
   * whatever it does
   */
  async run<R>(body: Body<R>): Promise<R> {
    const { clock, time } = this.#services;
    let cancel = () => {};
    const expired = new Promise<never>((_, reject) => {
      this.#stop = () => reject(this.#doomed);
      cancel = clock.after(Math.max(0, this.context.until - time.now()), () => this.giveUp(this.#late));
    });
    try {
      return await Promise.race([this.#complete(body), expired]);
    } finally {
      cancel();
    }
  }

  /**
   * It cannot commit any more, and its body is not waited for.
   *
   * @returns `false`: that has returned, and it may be committing
   */
  giveUp(error: TransactionAbortedError): boolean {
    if (this.#ended) return false;
    this.#doom(error);
    this.#stop();
    return true;
  }

  /** It makes no calls any more; those still on their way are withdrawn. */
  end(): void {
    this.#ended = true;
    for (const { address, answer } of this.#open) {
      this.#strays.add(address);
      answer?.catch(() => {});
    }
    for (const listener of [...this.#listeners]) listener();
  }

  /** Who took part, as far as the answers say. */
  get members(): Joined["members"] {
    return this.#joined.members;
  }

  /** How many took part. */
  get size(): number {
    return this.#joined.size;
  }

  /** Those that may have taken part, and others with them: who withdraws what they did must not rely on `members`. */
  get strays(): ReadonlySet<string> {
    return this.#strays;
  }

  /** Why it cannot commit any more. */
  get doomed(): TransactionAbortedError | undefined {
    return this.#doomed;
  }

  holds(address: string): boolean {
    if (this.#ended) return false;
    return this.#joined.has(address) || Array.from(this.#open).some((call) => call.address === address);
  }

  joined(reply: TransactionReply): void {
    this.#joined.joined(reply);
    const { doomed } = this.#joined;
    if (doomed !== undefined) this.#doom(this.#judged(errorFromWire(doomed)));
  }

  // ---- what the body has

  /** Made when somebody wants it. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#doomed !== undefined) this.#controller.abort(this.#doomed);
    }
    return this.#controller.signal;
  }

  ref(what: unknown, key: string | undefined): object {
    if (typeof what === "function" || typeof what === "string") {
      return makeRef(this, this.#services.target(what as never, key));
    }
    const behind = behindRef(what);
    if (behind === undefined) throw new ConfigError("tx.ref: give it a class and a key, or a reference");
    return makeRef(this, behind.target, behind.options);
  }

  // ---- the calls of its references

  ask(method: BoundMethod, args: readonly unknown[], options: NormalCallOptions): Promise<unknown> {
    const call: OpenCall = { address: method.address };
    this.#open.add(call);
    return (call.answer = this.#ask(call, method, args, options));
  }

  tell(method: BoundMethod): Promise<never> {
    const { address, handler } = method;
    return this.refuseTell(
      new ConfigError(
        `${address}.${handler}: in a transaction everything is asked; what its actors tell leaves with its commit`,
      ),
    );
  }

  refuseTell(error: unknown): Promise<never> {
    return Promise.reject(error);
  }

  // ---- what withdraws them

  get aborted(): boolean {
    return this.#ended || this.#doomed !== undefined;
  }

  get reason(): unknown {
    return this.#doomed;
  }

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.delete(listener);
  }

  async #complete<R>(body: Body<R>): Promise<R> {
    const result = await transactionScope.run(this, async () => body(this.#tx));
    while (this.#open.size > 0) await Promise.all(Array.from(this.#open, async ({ answer }) => answer));
    return result;
  }

  async #ask(
    call: OpenCall,
    method: BoundMethod,
    args: readonly unknown[],
    options: NormalCallOptions,
  ): Promise<unknown> {
    const { address, handler, target, destination } = method;
    try {
      const leftMs = this.#leftMs(`ask ${address}.${handler}`);
      const { id } = options;
      // Queries hold what they read, so they are asks, too, with a number.
      const asked = method.kind === "ask" ? method : { target, destination, ...callTarget(address, "ask", handler) };
      return await this.#services.caller.ask(asked, args, {
        ...options,
        timeoutMs: Math.min(options.timeoutMs, leftMs),
        signal: options.signal === undefined ? this : AbortSignal.any([options.signal as AbortSignal, this.signal]),
        // What an aborted attempt did under a key never was.
        id: id && identityIn(this.context, id),
        transaction: this,
      });
    } catch (error) {
      throw this.#failed(error, address);
    } finally {
      this.#open.delete(call);
    }
  }

  /** @throws TurnEndedError after its end, and the error for which it cannot commit any more */
  #leftMs(what: string): number {
    if (this.#ended) {
      throw new TurnEndedError(`transaction ${this.context.id} has ended and may not ${what} any more`);
    }
    const leftMs = this.context.until - this.#services.time.now();
    if (leftMs <= 0) this.#doom(this.#late);
    if (this.#doomed !== undefined) throw this.#doomed;
    return leftMs;
  }

  /** What the body sees of a failed call: where that is why the transaction cannot commit, or the other way round, says so. */
  #failed(error: unknown, address: string): unknown {
    if (!(error instanceof ActorError)) return error;
    const unknown = error.effect === "unknown";
    if (unknown) this.#strays.add(address);
    const own = error instanceof TransactionAbortedError && error.transaction === this.context.id;
    if (unknown || own) this.#doom(this.#judged(error));
    const withdrawn = unknown || error instanceof CancelledError;
    return (withdrawn && this.#doomed) || error;
  }

  get #late(): TransactionAbortedError {
    return abortedError(this.context.id, { reason: "deadline" });
  }

  #judged(error: ActorError): TransactionAbortedError {
    return doomedBy(error, this.context, this.#services.time.now());
  }

  #doom(error: TransactionAbortedError): void {
    if (this.#doomed !== undefined || this.#ended) return;
    this.#doomed = error;
    this.#controller?.abort(error);
    for (const listener of [...this.#listeners]) listener();
  }
}

/** What the body gets of its attempt. */
class AttemptHandle implements Transaction {
  readonly ref: Transaction["ref"];
  readonly attempt: number;
  readonly #attempt: Attempt;

  constructor(attempt: Attempt, number: number) {
    this.#attempt = attempt;
    this.attempt = number;
    this.ref = (what: unknown, key?: string) => attempt.ref(what, key) as never;
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }
}
