/** A task of which at most one runs at a time: what is asked for meanwhile is one more run, after this one. */
export class Coalesced {
  readonly #task: () => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(task: () => Promise<void>) {
    this.#task = task;
  }

  /** Resolves, or rejects, with a run that began after this call. */
  run(): Promise<void> {
    // There is a moment between two runs in which neither runs.
    if (this.#running === undefined && this.#next === undefined) return this.#begin();
    const begin = () => {
      this.#next = undefined;
      return this.#begin();
    };
    this.#next ??= this.#running!.then(begin, begin);
    return this.#next;
  }

  #begin(): Promise<void> {
    const running = this.#task().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }
}
