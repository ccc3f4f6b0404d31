import { type ActorError, messageText } from "@actor-runtime/core";
import { Unanswered } from "../client/unanswered.js";
import type { Hint } from "./reminder-list.js";

/** A hint on its way to its partition, that a reminder is due. */
export class TickMessage extends Unanswered {
  readonly sent: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: ActorError) => void;

  /** @param expiresAt in ms by the clock's `monotonic()` */
  constructor({ to, handler, tick }: Hint, expiresAt: number) {
    super(messageText({ to, kind: "tick", handler, tick }, "[]"), undefined, expiresAt);
    this.sent = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever does not wait for it sends it again by and by.
    this.sent.catch(() => {});
  }

  override confirmed(): void {
    this.#resolve();
  }

  override abandoned(error: ActorError): void {
    super.abandoned(error);
    this.#reject(error);
  }
}
