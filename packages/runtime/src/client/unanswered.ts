import { type ActorError, messageBytes } from "@actor-runtime/core";
import type { OutboundStream } from "./outbound-stream.js";
import type { Outgoing, OutgoingCall } from "./outgoing.js";

/** A repeat or a cancellation: nobody waits for its confirm. */
export class Unanswered implements Outgoing {
  number = 0;
  stream: OutboundStream | undefined;
  /** The ask it repeats has its answer. */
  done = false;
  readonly bytes: number;
  constructor(
    readonly text: string,
    readonly source: "own" | undefined,
    readonly expiresAt: number,
    readonly call?: OutgoingCall,
  ) {
    this.bytes = messageBytes(text);
  }
  get isAsk(): boolean {
    return this.source !== undefined;
  }
  confirmed(): void {}
  abandoned(_error: ActorError): void {
    this.done = true;
  }
}
