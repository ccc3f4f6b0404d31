const windowMs = 10_000;
const share = 0.1;
/** So many are always within bounds: a process that asks little must not lose its answers to a share of next to nothing. */
const always = 10;

/** S8: a process repeats at most a tenth of the asks it made within ten seconds, so that repeats never become the load. */
export class RepeatBudget {
  /** When the current window began; the one before it counts for the part that is younger than ten seconds. */
  #since = 0;
  #asks = 0;
  #asksBefore = 0;
  #repeats = 0;
  #repeatsBefore = 0;

  /** @param now in ms, of any clock that only rises */
  asked(now: number): void {
    this.#roll(now);
    this.#asks++;
  }

  /** Counts one more repeat, unless it is too many now. */
  take(now: number): boolean {
    this.#roll(now);
    const before = 1 - (now - this.#since) / windowMs;
    const asks = this.#asks + this.#asksBefore * before;
    const repeats = this.#repeats + this.#repeatsBefore * before;
    if (repeats + 1 > Math.max(always, asks * share)) return false;
    this.#repeats++;
    return true;
  }

  #roll(now: number): void {
    const age = now - this.#since;
    if (age < windowMs) return;
    const next = age < 2 * windowMs;
    this.#asksBefore = next ? this.#asks : 0;
    this.#repeatsBefore = next ? this.#repeats : 0;
    this.#asks = 0;
    this.#repeats = 0;
    this.#since = next ? this.#since + windowMs : now;
  }
}
