import { answerKey } from "@actor-runtime/core";
import { soon } from "../soon.js";
import type { Activation } from "./activation.js";
import type { CommitGroup } from "./commit-group.js";
import type { CommitLog } from "./commit-log.js";
import type { Inbound } from "./inbound.js";
import { isCondemned, isConvicted, isSuspect, type Mark, markText, readMark, unmarked } from "./mark.js";

/** So many messages of an actor are marked together, so that a long queue does not cost a commit for each. */
const markedTogether = 64;

/** What marks need of their partition: where they are written, and its live actors. */
interface MarksHost {
  readonly commits: CommitLog;
  readonly activations: { find(address: string): Activation | undefined };
}

/** Messages whose marks one commit writes, and the actors that wait for it. */
interface Batch {
  readonly seq: number;
  readonly messages: Inbound[];
  readonly activations: Set<Activation>;
}

/**
 * Attempt marks of one partition: which messages were running when a worker died (delivery.md A.7, C.17).
 *
 * Messages that were delivered or stored before are marked by a commit before they run; the commit of their turn clears the
 * mark, however the turn ends. Marks only accuse: from the second on suspects run one at a time, others beside them, and
 * only a message that was the only suspect at two crashes is convicted.
 *
 * A crash is told from a lost lease or channel by who wrote the mark. A process that lives knows its own marks, and the
 * runs they stand for did not kill it, so they do not count; one that gives a partition up in peace takes them back. A
 * process that others saw nothing of for a whole lease counts as dead: its watchdog ends it if it was blocked, and nobody
 * could tell otherwise.
 */
export class Marks {
  readonly #host: MarksHost;
  readonly #incarnation: string;
  /** Every message with a mark in the store, by the address and identity of the message. */
  readonly #marks = new Map<string, Mark>();
  /** Marks written in this tenure. */
  readonly #written = new Set<string>();
  /** Marks under way to the store. */
  readonly #writing = new Set<Inbound>();
  #batch: Batch | undefined;
  /** The suspect whose turn it is. */
  #suspect: Inbound | undefined;
  /** Actors whose next message is a suspect, too. */
  readonly #line = new Set<Activation>();

  /** @param incarnation names this process: no other and no later one has the same */
  constructor(host: MarksHost, stored: ReadonlyMap<string, string>, incarnation: string) {
    this.#host = host;
    this.#incarnation = incarnation;
    for (const [key, text] of stored) this.#marks.set(key, readMark(text, incarnation));
  }

  convicts(inbound: Inbound): boolean {
    return this.#marks.size > 0 && isConvicted(this.#markOf(inbound));
  }

  /** Its actor must not even wake for it. */
  condemns(inbound: Inbound): boolean {
    return isCondemned(this.#markOf(inbound));
  }

  has(inbound: Inbound): boolean {
    return this.#marks.size > 0 && this.#marks.has(keyOf(inbound));
  }

  /** Marks the actor's next message; the actor is resumed once it may run. */
  mark(activation: Activation, next: Inbound): void {
    if (this.#writing.has(next)) return;
    if (!isSuspect(this.#markOf(next))) {
      this.#markRun(activation);
      // One that passed others may not be among those in front.
      if (!this.#writing.has(next)) this.#write(activation, next, false);
    } else if (this.#suspect === undefined) {
      this.#suspect = next;
      this.#write(activation, next, true);
    } else {
      this.#line.add(activation);
    }
  }

  /** The suspect that runs alone, if it is a message of this actor and its mark is written. */
  alone(address: string): Inbound | undefined {
    const suspect = this.#suspect;
    return suspect === undefined || suspect.message.to !== address || this.#writing.has(suspect) ? undefined : suspect;
  }

  /** The message ended in this commit. */
  clear(inbound: Inbound, group: CommitGroup): void {
    if (this.#marks.size === 0) return;
    const key = keyOf(inbound);
    if (this.#marks.delete(key)) group.mark(key, undefined);
    if (this.#suspect === inbound) this.#nextSuspect();
  }

  /**
   * The partition is given up in peace: what still runs did not kill its worker.
   *
   * @returns whether there was anything to write
   */
  takeBack(group: CommitGroup): boolean {
    const written = [...this.#written].filter((key) => this.#marks.has(key));
    for (const key of written) {
      const mark = this.#marks.get(key)!;
      group.mark(key, isSuspect(mark) ? markText(mark) : undefined);
    }
    return written.length > 0;
  }

  /** Marks what stands in front of the actor and is no suspect. */
  #markRun(activation: Activation): void {
    let count = 0;
    for (const waiting of [activation.parked?.entries, activation.queue]) {
      for (const inbound of waiting ?? []) {
        if (count++ === markedTogether || !inbound.recovered || isSuspect(this.#markOf(inbound))) return;
        if (!this.#writing.has(inbound)) this.#write(activation, inbound, false);
      }
    }
  }

  #write(activation: Activation, inbound: Inbound, solo: boolean): void {
    const { commits } = this.#host;
    const { gathering } = commits;
    const key = keyOf(inbound);
    const mark = this.#markOf(inbound);
    gathering.mark(key, markText(mark, this.#incarnation, solo));
    this.#marks.set(key, mark);
    this.#written.add(key);
    this.#writing.add(inbound);
    const batch = this.#gather(gathering.seq);
    batch.messages.push(inbound);
    batch.activations.add(activation);
    commits.commitSoon();
  }

  /** Everything marked in the same commit runs after it. */
  #gather(seq: number): Batch {
    if (this.#batch?.seq === seq) return this.#batch;
    const batch: Batch = { seq, messages: [], activations: new Set() };
    this.#batch = batch;
    this.#host.commits.committed(seq).then(
      () => this.#run(batch),
      // The partition is lost.
      () => {},
    );
    return batch;
  }

  #run({ messages, activations }: Batch): void {
    for (const inbound of messages) {
      inbound.recovered = false;
      this.#writing.delete(inbound);
    }
    for (const { address } of activations) this.#resume(address);
  }

  #nextSuspect(): void {
    this.#suspect = undefined;
    // After the turn that ends now has left everything it leaves.
    soon(() => {
      for (const activation of this.#line) {
        if (this.#suspect !== undefined) return;
        this.#line.delete(activation);
        this.#resume(activation.address);
      }
    });
  }

  /** It may have left memory meanwhile and be a new one now. */
  #resume(address: string): void {
    const activation = this.#host.activations.find(address);
    activation?.owner.resume(activation);
  }

  #markOf(inbound: Inbound): Mark {
    return this.#marks.get(keyOf(inbound)) ?? unmarked;
  }
}

function keyOf({ message, identity }: Inbound): string {
  return answerKey(message.to, identity);
}
