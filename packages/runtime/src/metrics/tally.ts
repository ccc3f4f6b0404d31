import type { Instrument } from "./meter.js";

/** What a commit makes true: counted once it is known, each counter once per commit however many messages it counts. */
export class Tally {
  /** Made when needed: with nobody listening nearly every commit goes without. */
  #counts: Map<Instrument, number> | undefined;
  #messages = 0;

  /** How many messages end with the commit. */
  get messages(): number {
    return this.#messages;
  }

  /** A message ends with it. */
  ended(counter: Instrument): void {
    this.#messages++;
    this.add(counter);
  }

  add(counter: Instrument): void {
    this.#counts ??= new Map();
    this.#counts.set(counter, (this.#counts.get(counter) ?? 0) + 1);
  }

  /** The commit is known to have succeeded. */
  count(): void {
    if (this.#counts === undefined) return;
    for (const [counter, times] of this.#counts) counter(times);
  }
}
