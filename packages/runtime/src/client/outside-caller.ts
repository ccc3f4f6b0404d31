import { type Destination, encodeText, type Span } from "@actor-runtime/core";
import type { StoreTime } from "../store-time.js";
import { handedOn } from "../tracing/handed-on.js";
import type { Tracing } from "../tracing/tracing.js";
import { checkNotHeld } from "../transactions/transaction-scope.js";
import type { NormalCallOptions } from "./call-options.js";
import type { CallDetails } from "./call-target.js";
import type { Calls } from "./calls.js";
import { carriedLocks } from "./carried-locks.js";
import type { Directory } from "./directory.js";
import type { BoundMethod, Caller } from "./ref.js";

/** Calls of a program: they leave at once, and a tell resolves once the broker has it. */
export class OutsideCaller implements Caller {
  readonly #calls: Calls;
  readonly #directory: Directory;
  readonly #time: StoreTime;
  readonly #tracing: Tracing;

  constructor(calls: Calls, directory: Directory, time: StoreTime, tracing: Tracing) {
    this.#calls = calls;
    this.#directory = directory;
    this.#time = time;
    this.#tracing = tracing;
  }

  ask(method: BoundMethod, args: readonly unknown[], options: NormalCallOptions): Promise<unknown> {
    if (!this.#tracing.on) return this.#ask(method, args, options);
    const span = this.#tracing.ask(method, options.parent);
    tellWhere(span, options);
    try {
      return this.#ask(method, args, options, span);
    } catch (error) {
      this.#tracing.fail(span, error);
      throw error;
    }
  }

  tell(method: BoundMethod, args: readonly unknown[], options: NormalCallOptions): Promise<void> {
    if (!this.#tracing.on) return this.#tell(method, args, options);
    const span = this.#tracing.send(method, options.delayMs !== undefined, options);
    tellWhere(span, options);
    try {
      return this.#tell(method, args, options, span);
    } catch (error) {
      this.#tracing.fail(span, error);
      throw error;
    }
  }

  // Not an async function: the hot path makes one promise, the one of the answer.
  #ask(method: BoundMethod, args: readonly unknown[], options: NormalCallOptions, span?: Span): Promise<unknown> {
    checkNotHeld(method.address, options.transaction);
    const argsText = encodeText(args, "args");
    const details = this.#details(options, span, carriedLocks());
    return this.#send(method, span, (to) => this.#calls.ask(to, method, argsText, details));
  }

  #tell(method: BoundMethod, args: readonly unknown[], options: NormalCallOptions, span?: Span): Promise<void> {
    const argsText = encodeText(args, "args");
    const details = this.#details(options, span);
    return this.#send(method, span, (to) => this.#calls.tell(to, method, argsText, details));
  }

  /**
   * At once where the mailbox is known; the order of sending holds also while it is looked up.
   *
   * @param span ends with the call, once that is under way
   */
  #send<R>(method: BoundMethod, span: Span | undefined, send: (to: Destination) => Promise<R>): Promise<R> {
    method.destination ??= this.#directory.destination(method.target);
    if (method.destination !== undefined) return send(method.destination);
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        if (span !== undefined) this.#tracing.fail(span, error);
        reject(error);
      };
      this.#directory.locate(
        method.target,
        (to) => {
          try {
            resolve(send(to));
          } catch (error) {
            fail(error);
          }
        },
        fail,
      );
    });
  }

  refuseTell(error: unknown): Promise<never> {
    return Promise.reject(error);
  }

  /** Options without a delay or a parent serve every call of a reference as they are, while nobody traces or holds a lock. */
  #details(options: NormalCallOptions, span: Span | undefined, locks?: CallDetails["locks"]): CallDetails {
    const { delayMs, parent } = options;
    const dueAt = delayMs === undefined ? undefined : Math.ceil(this.#time.now() + delayMs);
    if (span !== undefined) return tracedDetails(options, dueAt, span, locks);
    if (dueAt === undefined && parent === undefined && locks === undefined) return options;
    return { ...options, dueAt, locks, trace: handedOn(parent) };
  }
}

/** The caller wants to know under which ids the call will be found. */
function tellWhere(span: Span, { traced }: NormalCallOptions): void {
  if (traced !== undefined && span.ids !== undefined) traced(span.ids);
}

/** Field by field: a spread takes some 3 µs per call here, which also those pay whose traces are sampled out. */
function tracedDetails(
  options: NormalCallOptions,
  dueAt: number | undefined,
  span: Span,
  locks: CallDetails["locks"],
): CallDetails {
  const { timeoutMs, repeatMs, signal, headers, id, chain, transaction } = options;
  return { timeoutMs, repeatMs, signal, headers, id, chain, locks, transaction, dueAt, trace: span.headers, span };
}
