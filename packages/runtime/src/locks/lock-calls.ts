import type { LockAnswer } from "@actor-runtime/core";
import { type NormalCallOptions, normalCallOptions } from "../client/call-options.js";
import type { CallSignal } from "../client/call-target.js";
import { type BoundMethod, bindMethod, type Caller, type KnownType, targetOf } from "../client/ref.js";
import { methodsOf, settingsOf } from "../definition/define.js";
import { LockActor } from "./lock-actor.js";
import { type Asked, lockType } from "./lock-messages.js";

/** How this process speaks with lock actors; without references, which every lock would make anew. */
export class LockCalls {
  readonly #caller: Caller;
  readonly #options: NormalCallOptions;

  constructor(caller: Caller) {
    this.#caller = caller;
    this.#options = normalCallOptions({}, { type: lockType, known });
  }

  /** @param signal withdraws it */
  acquire(name: string, asked: Asked, timeoutMs: number, signal: CallSignal): Promise<LockAnswer> {
    const options = { ...this.#options, timeoutMs, signal };
    return this.#caller.ask(methodOf(name, "acquire"), [asked], options) as Promise<LockAnswer>;
  }

  /** Word that the lock is free. One that is lost is made up for: the lock actor looks by itself. */
  released(name: string): void {
    void this.#tell(methodOf(name, "released"), []);
  }

  /** Nobody is left to take what the request may be offered. */
  cancel(name: string, request: string): void {
    void this.#tell(methodOf(name, "cancel"), [request]);
  }

  /** What cannot be sent at all is thrown, and whoever tells is about to report something else. */
  async #tell(method: BoundMethod, args: readonly unknown[]): Promise<void> {
    try {
      await this.#caller.tell(method, args, this.#options);
    } catch {
      // It is made up for, as said above.
    }
  }
}

const { mailbox, replyRetentionMs } = settingsOf(LockActor);
const known: KnownType = { type: LockActor, methods: methodsOf(LockActor), mailbox, replyRetentionMs };

function methodOf(name: string, handler: "acquire" | "released" | "cancel"): BoundMethod {
  return bindMethod(targetOf(lockType, name, known), handler);
}
