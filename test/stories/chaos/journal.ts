import type { Effect } from "@actor-runtime/core";

/** What a sender knows of one message after its call ended. */
export interface Entry {
  readonly sender: string;
  readonly key: string;
  /** Counts this sender's messages to this actor, tells and asks alike, in the order sent. */
  readonly n: number;
  readonly kind: "tell" | "ask";
  readonly end: Answered | Confirmed | Failed;
}

/** An ask that returned; `place` is the answer. */
export interface Answered {
  readonly is: "answered";
  readonly place: number;
}

/** A tell that the broker has. */
export interface Confirmed {
  readonly is: "confirmed";
}

export interface Failed {
  readonly is: "failed";
  readonly error: string;
  /** What the error says about the message. */
  readonly effect: Effect;
}
