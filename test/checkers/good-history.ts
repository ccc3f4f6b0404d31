import { SeededRandom } from "@actor-runtime/embedded";
import type {
  Call,
  Calm,
  DeadMessage,
  Effect,
  Moment,
  Outcome,
  Rewind,
  Seen,
  SentOn,
  TurnRun,
} from "@actor-runtime/testing";

/** A history whose parts may be changed, to make a bad one of it. */
export interface OpenHistory {
  calls: Open<Call>[];
  turns: Open<TurnRun>[];
  finals: { address: string; effects: Open<Effect>[] }[];
  deadLetters: Open<DeadMessage>[];
  calm: Calm[];
  rewinds: Rewind[];
  partitions: Record<string, string>;
}

export type Open<T> = { -readonly [K in keyof T]: T[K] };

const clients = ["client-1", "client-2"] as const;
const sources = ["Source/a", "Source/b", "Source/c"] as const;
const sinks = ["Sink/x", "Sink/y"] as const;

/** What a faultless cluster may show: made up call by call from a model that cannot do wrong. */
export function goodHistory(seed: number): OpenHistory {
  return new Model(seed).run();
}

/** One actor of the model: its effects, and who serves it. */
class ModelActor {
  readonly effects: Effect[] = [];
  activation: string;
  #activations = 0;

  constructor(readonly address: string) {
    this.activation = this.#name();
  }

  move(): void {
    this.activation = this.#name();
  }

  seen(): Seen {
    return { count: this.effects.length, last: this.effects.at(-1)?.message };
  }

  #name(): string {
    this.#activations += 1;
    return `${this.address}#${this.#activations}`;
  }
}

class Model {
  readonly #random: SeededRandom;
  readonly #actors = new Map<string, ModelActor>([...sources, ...sinks].map((at) => [at, new ModelActor(at)]));
  readonly #calls: Call[] = [];
  readonly #turns: TurnRun[] = [];
  readonly #deadLetters: DeadMessage[] = [];
  readonly #calm: Calm[] = [];
  /** Told by turns and not handled yet, by sender: it stays in order. */
  readonly #underWay: SentOn[][] = [];
  #step = 0;
  #ms = 0;
  #messages = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  run(): OpenHistory {
    const acts = [
      () => this.#tell(),
      () => this.#tell(),
      () => this.#ask(),
      () => this.#ask(),
      () => this.#query(),
      () => this.#failingTell(),
      () => this.#deadTell(),
      () => this.#refused(),
      () => this.#lostCall(),
      () => this.#repeatedAsk(),
      () => this.#zombie(),
      () => this.#deliver(),
      () => this.#calmTime(),
    ];
    for (let i = 30 + this.#below(20); i > 0; i--) acts[this.#below(acts.length)]!();
    // Each kind of mistake needs something to be made with.
    this.#tell();
    this.#ask();
    this.#query();
    this.#repeatedAsk();
    this.#zombie();
    this.#refused();
    this.#deadTell();
    this.#calmTime();
    while (this.#underWay.length > 0) this.#deliver();
    const finals = Array.from(this.#actors.values(), ({ address, effects }) => ({ address, effects }));
    const partitions = Object.fromEntries([...this.#actors.keys()].map((at) => [at, `${at.split("/")[0]}:g1:00`]));
    const { calls, turns, deadLetters, calm } = this.#parts();
    return { calls, turns, finals, deadLetters, calm, rewinds: [], partitions };
  }

  #parts(): Pick<OpenHistory, "calls" | "turns" | "deadLetters" | "calm"> {
    return { calls: this.#calls, turns: this.#turns, deadLetters: this.#deadLetters, calm: this.#calm };
  }

  #below(bound: number): number {
    return Math.floor(this.#random.next() * bound);
  }

  #oneOf<T>(items: readonly T[]): T {
    return items[this.#below(items.length)]!;
  }

  #now(afterMs = this.#below(3)): Moment {
    this.#ms += afterMs;
    this.#step += 1;
    return { step: this.#step, ms: this.#ms };
  }

  #message(): string {
    this.#messages += 1;
    return `m${this.#messages}`;
  }

  #begin(kind: Call["kind"], address: string): Omit<Call, "outcome" | "ended"> {
    const begun = this.#now();
    return { message: this.#message(), kind, sender: this.#oneOf(clients), order: begun.step, address, begun };
  }

  #end(begin: Omit<Call, "outcome" | "ended">, outcome: Outcome): void {
    this.#calls.push({ ...begin, ended: this.#now(), outcome });
  }

  /** A run of the message by whoever serves the actor now. */
  #turn(address: string, message: string, end: TurnRun["end"], lastsMs = this.#below(4)): void {
    const { activation } = this.#actors.get(address)!;
    const begun = this.#now();
    const ended = end === "never" ? {} : { ended: this.#now(lastsMs) };
    this.#turns.push({ kind: "handler", worker: "w1", activation, address, message, begun, ...ended, end });
  }

  #takes(address: string, message: string): Seen {
    const actor = this.#actors.get(address)!;
    if (this.#below(8) === 0) actor.move();
    if (this.#below(8) === 0) this.#turn(address, message, "thrown");
    this.#turn(address, message, "returned");
    const sent = address.startsWith("Source") ? this.#sends(message) : [];
    actor.effects.push({ message, activation: actor.activation, ...(sent.length > 0 && { sent }) });
    if (sent.length > 0) this.#underWay.push([...sent]);
    return actor.seen();
  }

  #sends(message: string): SentOn[] {
    return sinks
      .filter(() => this.#below(2) === 0)
      .map((address, index): SentOn => ({ message: `${message}.${index}`, address, kind: "tell" }));
  }

  #tell(): void {
    const begin = this.#begin("tell", this.#oneOf(sources));
    this.#end(begin, { state: "confirmed" });
    this.#takes(begin.address, begin.message);
  }

  #ask(): void {
    const begin = this.#begin("ask", this.#oneOf(sources));
    const seen = this.#takes(begin.address, begin.message);
    this.#end(begin, { state: "answered", value: seen.count, seen });
  }

  #repeatedAsk(): void {
    const begin = { ...this.#begin("ask", this.#oneOf(sources)), key: `k${this.#messages}` };
    const seen = this.#takes(begin.address, begin.message);
    if (this.#below(3) === 0) this.#end(begin, { state: "failed", effect: "unknown", error: "AskTimeoutError" });
    else this.#end(begin, { state: "answered", value: seen.count, seen });
    const again = { ...begin, order: this.#step + 1, begun: this.#now() };
    this.#end(again, { state: "answered", value: seen.count, seen });
  }

  /** Two at a time: queries may overlap each other. */
  #query(): void {
    const begin = this.#begin("query", this.#oneOf(sources));
    const { activation, address } = this.#actors.get(begin.address)!;
    const seen = this.#actors.get(begin.address)!.seen();
    const first = this.#now();
    const second = this.#now();
    for (const begun of [first, second]) {
      const { message } = begun === first ? begin : { message: this.#message() };
      const run = { kind: "query", worker: "w1", activation, address, message, begun } as const;
      this.#turns.push({ ...run, ended: this.#now(), end: "returned" });
    }
    this.#end(begin, { state: "answered", value: seen.count, seen });
  }

  #failingTell(): void {
    const begin = this.#begin("tell", this.#oneOf(sources));
    this.#end(begin, { state: "confirmed" });
    this.#turn(begin.address, begin.message, "thrown");
    this.#turn(begin.address, begin.message, "never");
    this.#actors.get(begin.address)!.move();
    this.#takes(begin.address, begin.message);
  }

  #deadTell(): void {
    const begin = this.#begin("tell", this.#oneOf(sources));
    this.#end(begin, { state: "confirmed" });
    this.#turn(begin.address, begin.message, "thrown");
    this.#deadLetters.push({ message: begin.message, address: begin.address, cause: "RejectedError: no" });
  }

  #refused(): void {
    const begin = this.#begin(this.#oneOf(["tell", "ask"]), this.#oneOf(sources));
    this.#end(begin, { state: "failed", effect: "none", error: "OverloadedError: full" });
  }

  #lostCall(): void {
    const begin = this.#begin(this.#oneOf(["tell", "ask"]), this.#oneOf(sources));
    if (this.#below(2) === 0) this.#takes(begin.address, begin.message);
    this.#end(begin, { state: "failed", effect: "unknown", error: "the caller died" });
  }

  /** The activation runs on for a message after another one has taken over; what it does is in vain. */
  #zombie(): void {
    const begin = this.#begin("tell", this.#oneOf(sources));
    this.#end(begin, { state: "confirmed" });
    const actor = this.#actors.get(begin.address)!;
    const { activation, address } = actor;
    const begun = this.#now();
    actor.move();
    this.#takes(address, begin.message);
    const run = { kind: "handler", worker: "w2", activation, address, message: begin.message, begun } as const;
    this.#turns.push({ ...run, ended: this.#now(), end: "returned" });
  }

  #deliver(): void {
    const [batch] = this.#underWay;
    if (batch === undefined) return;
    const { address, message } = batch.shift()!;
    if (batch.length === 0) this.#underWay.shift();
    this.#takes(address, message);
  }

  /** One actor is busy for two seconds, and two others of its partition are asked meanwhile. */
  #calmTime(): void {
    const fromMs = this.#ms;
    const [busy, free] =
      this.#random.next() < 0.5 ? (["Source/a", "Source/b"] as const) : (["Source/b", "Source/a"] as const);
    const slow = this.#begin("ask", busy);
    const actor = this.#actors.get(busy)!;
    const begun = this.#now();
    for (const address of [free, "Source/c"]) {
      const begin = this.#begin("ask", address);
      this.#turn(address, begin.message, "returned");
      this.#actors.get(address)!.effects.push({
        message: begin.message,
        activation: this.#actors.get(address)!.activation,
      });
      const seen = this.#actors.get(address)!.seen();
      this.#end(begin, { state: "answered", value: seen.count, seen });
    }
    const ended = this.#now(2_000);
    const { activation } = actor;
    this.#turns.push({
      ...{ kind: "handler", worker: "w1", activation, address: busy, message: slow.message, begun },
      ...{ ended, end: "returned" },
    });
    actor.effects.push({ message: slow.message, activation });
    const seen = actor.seen();
    this.#end(slow, { state: "answered", value: seen.count, seen });
    this.#calm.push({ fromMs, toMs: this.#ms + 3_000 });
  }
}
