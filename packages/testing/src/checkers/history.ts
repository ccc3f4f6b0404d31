/** When something was seen. Steps rise with everything that is recorded, so they tell two events of one millisecond apart. */
export interface Moment {
  readonly step: number;
  readonly ms: number;
}

/** What an actor had noted when it answered. */
export interface Seen {
  /** How many effects it had, for an ask its own included. */
  readonly count: number;
  /** The message behind the last of them, for an ask its own; `undefined` when there was none. */
  readonly last: string | undefined;
}

/** How a call ended for its caller. */
export type Outcome =
  /** It never did. */
  | { readonly state: "pending" }
  /** A tell: it is in a mailbox. */
  | { readonly state: "confirmed" }
  /** An ask or a query. */
  | { readonly state: "answered"; readonly value: unknown; readonly seen?: Seen }
  /** `effect` as its error says; `unknown` also when the caller died before it knew. */
  | { readonly state: "failed"; readonly effect: "none" | "unknown"; readonly error: string };

/** One call as its caller saw it. */
export interface Call {
  /**
   * Names the message, as an argument that the actor notes. Calls with one message and one key are repeats of each other;
   * everything else has a name of its own.
   */
  readonly message: string;
  readonly kind: "tell" | "ask" | "query";
  /** Who called: a client's process, or an actor's address. A process that starts again is another sender. */
  readonly sender: string;
  /** Rises with each call of this sender. */
  readonly order: number;
  readonly address: string;
  /** The idempotency key. */
  readonly key?: string;
  /** `false`: nothing is promised about its place among the sender's others (a delay, a type that lets others pass). */
  readonly ordered?: boolean;
  /** Made inside a turn, which may be abandoned before it hears of the outcome. */
  readonly inTurn?: boolean;
  readonly begun: Moment;
  readonly ended?: Moment;
  readonly outcome: Outcome;
}

/** One run of a handler or a query as the actor saw it. A message that is tried again has several. */
export interface TurnRun {
  readonly kind: "handler" | "query";
  readonly worker: string;
  /** Names the live instance; another one of the same actor has another name. */
  readonly activation: string;
  readonly address: string;
  readonly message: string;
  readonly begun: Moment;
  /** Absent when the process died or the instance was abandoned in the middle. */
  readonly ended?: Moment;
  readonly end: "returned" | "thrown" | "never";
}

/** A message that a turn sent, noted by its sender in the state that this turn committed. */
export interface SentOn {
  readonly message: string;
  readonly address: string;
  /** A tell leaves with the turn; an ask left before it. */
  readonly kind: "tell" | "ask";
  readonly ordered?: boolean;
}

/** What one message left in the state of an actor. */
export interface Effect {
  readonly message: string;
  /** The activation whose turn it was. */
  readonly activation?: string;
  readonly sent?: readonly SentOn[];
  /** Of the lock under which it was asked for. */
  readonly fence?: number;
}

/** What an actor had noted in the end, in its order: read by a query once everything was at peace. */
export interface FinalState {
  readonly address: string;
  readonly effects: readonly Effect[];
}

export interface DeadMessage {
  readonly message: string;
  readonly address: string;
  readonly cause: string;
}

/** A time in which nothing was made to fail and nothing had to recover. */
export interface Calm {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The store went back to what it held at `from`, as after a failover; it did so at `to`. */
export interface Rewind {
  readonly from: Moment;
  readonly to: Moment;
}

/**
 * What clients and actors saw of a system; nothing comes from inside it. {@link HistoryRecorder} writes one down, and the
 * checkers read it: they find promises broken, whatever the reason.
 */
export interface History {
  readonly calls: readonly Call[];
  readonly turns: readonly TurnRun[];
  /** Of every actor that was ever called; of one that is absent, nothing is known and nothing is checked. */
  readonly finals: readonly FinalState[];
  readonly deadLetters: readonly DeadMessage[];
  readonly calm: readonly Calm[];
  readonly rewinds: readonly Rewind[];
  /** The partition of an address, for what the actors of one partition owe each other. */
  readonly partitions: Readonly<Record<string, string>>;
}
