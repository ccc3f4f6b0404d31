import { setTimeout as sleep } from "node:timers/promises";
import type { ActorSystem } from "@actor-runtime/runtime";
import { endOf } from "./drive.js";
import type { Entry } from "./journal.js";

/** An entry with its times, in ms by a clock that only rises. */
export interface TimedEntry extends Entry {
  readonly began: number;
  readonly ended: number;
}

/** An actor that returns a number's place among those of its sender. */
interface Adder {
  add(sender: string, n: number): number;
}

export interface Topic {
  readonly sender: string;
  readonly type: new () => Adder;
  readonly keys: readonly string[];
}

const timeoutMs = 3_000;
/** Between two calls to the same actor: two cores are enough for it. */
const pauseMs = 20;

/** A sender that goes on sending to its actors, to each one call after the other, until it is told to stop. */
export class Chatter {
  readonly topic: Topic;
  readonly entries: TimedEntry[] = [];
  readonly #system: ActorSystem;
  readonly #lanes: Promise<unknown>;
  #stopped = false;

  constructor(system: ActorSystem, topic: Topic) {
    this.#system = system;
    this.topic = topic;
    this.#lanes = Promise.all(topic.keys.map((key) => this.#keepCalling(key)));
  }

  /** Resolves when every call under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#lanes;
  }

  /** Asks that began after this time and were answered, of the actor that answered the fewest. */
  fewestAnswers(since: number): number {
    const answers = new Map(this.topic.keys.map((key) => [key, 0]));
    for (const { key, end, began } of this.entries) {
      if (end.is === "answered" && began > since) answers.set(key, answers.get(key)! + 1);
    }
    return Math.min(...answers.values());
  }

  async #keepCalling(key: string): Promise<void> {
    const { sender, type } = this.topic;
    for (let n = 1; !this.#stopped; n++) {
      const ref = this.#system.ref(type, key).with({ timeout: timeoutMs });
      const kind = n % 3 === 0 ? "ask" : "tell";
      const began = performance.now();
      const end = await endOf(kind === "tell" ? ref.tell.add(sender, n) : ref.add(sender, n));
      this.entries.push({ sender, key, n, kind, end, began, ended: performance.now() });
      await sleep(pauseMs);
    }
  }
}
