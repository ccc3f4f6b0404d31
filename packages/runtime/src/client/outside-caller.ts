import { encodeText, type PartitionId } from "@actor-runtime/core";
import type { Clock } from "@actor-runtime/core";
import type { Call, Calls } from "./calls.js";
import { normalCallOptions } from "./call-options.js";
import type { Directory } from "./directory.js";
import type { Caller, RefOptions, Target } from "./ref.js";

/** Calls of a program: they leave at once, and a tell resolves once the broker has it. */
export class OutsideCaller implements Caller {
  readonly #calls: Calls;
  readonly #directory: Directory;
  readonly #clock: Clock;

  constructor(calls: Calls, directory: Directory, clock: Clock) {
    this.#calls = calls;
    this.#directory = directory;
    this.#clock = clock;
  }

  // Not async functions: the hot path makes one promise, the one of the answer.
  ask(target: Target, handler: string, args: readonly unknown[], options: RefOptions): Promise<unknown> {
    return this.#send(target, (partition) => {
      const call = this.#call(target, handler, args, options, partition);
      return this.#calls.ask(call);
    });
  }

  tell(target: Target, handler: string, args: readonly unknown[], options: RefOptions): Promise<void> {
    return this.#send(target, (partition) => {
      const call = this.#call(target, handler, args, options, partition);
      return this.#calls.tell({ ...call, kind: "tell" });
    });
  }

  #send<R>({ type, key }: Target, send: (partition: PartitionId) => Promise<R>): Promise<R> {
    const partition = this.#directory.partition(type, key);
    if (partition === undefined) return this.#directory.find(type, key).then(send);
    try {
      return send(partition);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #call(target: Target, handler: string, args: readonly unknown[], options: RefOptions, partition: PartitionId): Call {
    const { timeoutMs, signal, idempotencyKey, headers, delayMs } = normalCallOptions(options, target);
    return {
      partition,
      address: target.address,
      kind: target.known?.methods.get(handler)?.kind === "query" ? "query" : "ask",
      handler,
      argsText: encodeText(args, "args"),
      timeoutMs,
      signal,
      id: idempotencyKey === undefined ? undefined : `u:${idempotencyKey}`,
      headers,
      dueAt: delayMs === undefined ? undefined : this.#clock.now() + delayMs,
    };
  }
}
