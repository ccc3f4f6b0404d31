import type { CommitGroup } from "./commit-group.js";

/** Kept answers to plain asks of one stream, in the order answered: number, key, number, key, … */
interface Answered {
  entries: (number | string)[];
  front: number;
}

/** Answers remembered per partition (P12); beyond, one stays in the store for its retention, whatever its sender says. */
const maxAnswered = 2 ** 18;

/** Which kept answers their senders still need. The answers themselves are in the store. */
export class KeptAnswers {
  readonly #answered = new Map<string, Answered>();
  #count = 0;
  /** Repeats that are accepted and not done, by the key of the answer they will look for. */
  readonly #repeats = new Map<string, number>();
  /** Answers whose senders have them, kept for a repeat on its way: it would run again without. */
  readonly #owed = new Set<string>();

  /** A plain ask has an answer in the store, until its sender says that it got it. */
  answered(stream: string, number: number, key: string): void {
    if (this.#count === maxAnswered) return;
    this.#count++;
    let answered = this.#answered.get(stream);
    if (!answered) this.#answered.set(stream, (answered = { entries: [], front: 0 }));
    answered.entries.push(number, key);
  }

  /** A repeat of an ask was accepted. */
  repeatAccepted(key: string): void {
    this.#repeats.set(key, (this.#repeats.get(key) ?? 0) + 1);
  }

  /** It is done with this commit. */
  repeatDone(key: string, group: CommitGroup): void {
    const left = (this.#repeats.get(key) ?? 1) - 1;
    if (left > 0) {
      this.#repeats.set(key, left);
      return;
    }
    this.#repeats.delete(key);
    if (this.#owed.delete(key)) group.settled.push(key);
  }

  /** The sender has all answers below `settled`: they leave with the next commit. */
  settle(stream: string, settled: number, group: CommitGroup): void {
    const answered = this.#answered.get(stream);
    if (!answered) return;
    const { entries } = answered;
    // One that overtook a slower ask may stay a little longer than it must.
    while (answered.front < entries.length && (entries[answered.front] as number) < settled) {
      const key = entries[answered.front + 1] as string;
      if (this.#repeats.has(key)) this.#owed.add(key);
      else group.settled.push(key);
      entries[answered.front + 1] = "";
      answered.front += 2;
      this.#count--;
    }
    if (answered.front === entries.length) {
      this.#answered.delete(stream);
    } else if (answered.front > 128 && answered.front * 2 > entries.length) {
      answered.entries = entries.slice(answered.front);
      answered.front = 0;
    }
  }

  /** The stream is forgotten: its answers go with their generation. */
  forget(stream: string): void {
    const answered = this.#answered.get(stream);
    if (!answered) return;
    this.#count -= (answered.entries.length - answered.front) / 2;
    this.#answered.delete(stream);
  }
}
