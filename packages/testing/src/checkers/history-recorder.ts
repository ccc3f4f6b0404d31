import { ActorError, type Clock } from "@actor-runtime/core";
import type { Call, Calm, DeadMessage, Effect, History, Moment, Outcome, Rewind, Seen, TurnRun } from "./history.js";

type Open<T> = { -readonly [K in keyof T]: T[K] };
/** What is known of a call when it is made. */
export type CallBegin = Pick<Call, "message" | "kind" | "sender" | "address" | "key" | "ordered" | "inTurn">;
export type TurnBegin = Pick<TurnRun, "kind" | "worker" | "activation" | "address" | "message">;

/**
 * Writes a history down while it happens. One recorder sees all processes of a test: calls are wrapped where they are made,
 * and actors, which get it by injection, say when their turns begin and end.
 *
 * @example
 * const recorder = new HistoryRecorder(clock);
 * recorder.call({ message: "m1", kind: "tell", sender: "client-1", address: "Log/a" }, client.ref(Log, "a").tell.note("m1"));
 * // in the actor: @Handler() note(message: string) { return this.recorder.turn({ … }, () => { … }); }
 */
export class HistoryRecorder {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #calls: Open<Call>[] = [];
  readonly #turns: Open<TurnRun>[] = [];
  readonly #finals = new Map<string, readonly Effect[]>();
  readonly #deadLetters: DeadMessage[] = [];
  readonly #calm: Calm[] = [];
  readonly #rewinds: Rewind[] = [];
  readonly #partitions: Record<string, string> = {};
  readonly #dead = new Set<string>();
  #steps = 0;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /**
   * Watches a call until it ends. The promise is looked after: nobody else needs to wait for it.
   *
   * @param seenIn reads from an answer what the actor had noted when it gave it
   */
  call<T>(begin: CallBegin, promise: Promise<T>, seenIn?: (answer: T) => Seen): void {
    const call: Open<Call> = { ...begin, order: this.#steps, begun: this.#moment(), outcome: { state: "pending" } };
    this.#calls.push(call);
    const end = (outcome: Outcome): void => {
      // Who died learns nothing any more.
      if (call.outcome.state !== "pending") return;
      call.outcome = outcome;
      call.ended = this.#moment();
    };
    promise.then(
      (value) => end(begin.kind === "tell" ? { state: "confirmed" } : answered(value, seenIn?.(value))),
      (error: unknown) => end(failed(error)),
    );
  }

  /** Runs the body of a handler or a query. */
  async turn<T>(begin: TurnBegin, body: () => T | Promise<T>): Promise<T> {
    const run: Open<TurnRun> = { ...begin, begun: this.#moment(), end: "never" };
    this.#turns.push(run);
    const end = (how: "returned" | "thrown"): void => {
      // The code of a dead process goes on in the memory of the test.
      if (this.#dead.has(begin.worker)) return;
      run.end = how;
      run.ended = this.#moment();
    };
    try {
      const value = await body();
      end("returned");
      return value;
    } catch (error) {
      end("thrown");
      throw error;
    }
  }

  /** The process died: what it called has no known outcome, and its turns never end. One that starts again has another name. */
  died(process: string): void {
    this.#dead.add(process);
    for (const call of this.#calls) {
      if (call.sender !== process || call.outcome.state !== "pending") continue;
      call.outcome = { state: "failed", effect: "unknown", error: "the caller died" };
      call.ended = this.#moment();
    }
  }

  /** How many calls have not ended, of one sender or of all clients. */
  pending(sender?: string): number {
    const isMeant = sender === undefined ? (call: Call) => !call.inTurn : (call: Call) => call.sender === sender;
    return this.#calls.filter((call) => call.outcome.state === "pending" && isMeant(call)).length;
  }

  /** Nothing was made to fail and nothing had to recover in this time. */
  calm(fromMs: number, toMs: number): void {
    this.#calm.push({ fromMs, toMs });
  }

  /** Now; for {@link rewound}. */
  mark(): Moment {
    return this.#moment();
  }

  /** The store has gone back to what it held then. */
  rewound(from: Moment): void {
    this.#rewinds.push({ from, to: this.#moment() });
  }

  /** What an actor had noted in the end. */
  final(address: string, effects: readonly Effect[]): void {
    this.#finals.set(address, effects);
  }

  deadLetter(letter: DeadMessage): void {
    this.#deadLetters.push(letter);
  }

  /** Says which partition an address belongs to. */
  partition(address: string, partition: string): void {
    this.#partitions[address] = partition;
  }

  history(): History {
    return {
      calls: this.#calls,
      turns: this.#turns,
      finals: Array.from(this.#finals, ([address, effects]) => ({ address, effects })),
      deadLetters: this.#deadLetters,
      calm: this.#calm,
      rewinds: this.#rewinds,
      partitions: this.#partitions,
    };
  }

  #moment(): Moment {
    this.#steps += 1;
    return { step: this.#steps, ms: this.#clock.monotonic() };
  }
}

function answered(value: unknown, seen: Seen | undefined): Outcome {
  return { state: "answered", value, ...(seen && { seen }) };
}

function failed(error: unknown): Outcome {
  const effect = error instanceof ActorError ? error.effect : "unknown";
  return { state: "failed", effect, error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}
