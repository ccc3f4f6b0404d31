import { type ActorError, OverloadedError, UnknownOutcomeError } from "@actor-runtime/core";
import type { Bucket, Timed } from "../deadlines.js";
import type { CallDetails, CallTarget } from "./call-target.js";
import type { OutboundStream } from "./outbound-stream.js";
import type { Outgoing } from "./outgoing.js";
import type { Way } from "./way.js";

/** Who counts the tells of this process. */
export interface TellHost {
  settleTell(pending: PendingTell, error: ActorError | undefined): void;
}

/** A tell that waits for the broker's confirm. */
export class PendingTell implements Outgoing, Timed {
  bucket: Bucket | undefined;
  earlier: Timed | undefined;
  later: Timed | undefined;
  number = 0;
  stream: OutboundStream | undefined;
  done = false;
  readonly source = "own";
  readonly isAsk = false;
  readonly promise: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: ActorError) => void;

  constructor(
    readonly host: TellHost,
    readonly target: CallTarget,
    readonly details: CallDetails,
    readonly lane: Way,
    readonly text: string,
    readonly bytes: number,
    readonly expiresAt: number,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  confirmed(): void {
    if (this.#settle(undefined)) this.#resolve();
  }

  abandoned(error: ActorError): void {
    if (this.#settle(error)) this.#reject(error);
  }

  due(): void {
    const what = `${this.target.address}.${this.target.handler}`;
    const { timeoutMs } = this.details;
    if (this.lane.withdraw(this)) {
      this.abandoned(
        new OverloadedError(`${what}: its mailbox took no message within ${timeoutMs} ms`, "mailbox", 500),
      );
    } else {
      this.abandoned(new UnknownOutcomeError(`${what}: the broker did not confirm within ${timeoutMs} ms`));
    }
  }

  #settle(error: ActorError | undefined): boolean {
    if (this.done) return false;
    this.done = true;
    this.host.settleTell(this, error);
    return true;
  }
}
