/** Turns are judged over this many seconds. */
const windowSeconds = 10;
/** Fewer turns than this in the window prove nothing. */
const minTurns = 50;
/** While the brake is on, one turn may run per this many seconds. */
const probeSeconds = 5;

/**
 * Decides when a type's turns fail so often that its code must be broken, as after a bad deploy: more than half of at least
 * 50 turns within 10 s. Once on, one probe turn per 5 s may run; one that does not fail lets the brake go (the pattern of a
 * circuit breaker, Nygard, "Release It!", 2007).
 *
 * Times are whole seconds of a clock that never goes back, so that counting a turn costs a few additions.
 */
export class Brake {
  readonly #turns: number[] = Array.from({ length: windowSeconds }, () => 0);
  readonly #failures: number[] = Array.from({ length: windowSeconds }, () => 0);
  /** Sums of the above. */
  #turnsInWindow = 0;
  #failuresInWindow = 0;
  #second = 0;
  #on = false;
  #nextProbe = 0;

  get on(): boolean {
    return this.#on;
  }

  /** What the window holds, for logs; when the brake is on, what it held as it went on. */
  get counts(): { readonly turns: number; readonly failures: number } {
    return { turns: this.#turnsInWindow, failures: this.#failuresInWindow };
  }

  /**
   * Counts a turn that has ended. While the brake is on only probes count.
   *
   * @param probe it was let through by {@link takeProbe}
   * @returns what it changed
   */
  ended(second: number, failed: boolean, probe: boolean): "on" | "off" | undefined {
    if (this.#on) {
      if (!probe || failed) return undefined;
      this.#on = false;
      this.#clear();
      return "off";
    }
    if (second !== this.#second) this.#roll(second);
    const bucket = second % windowSeconds;
    this.#turns[bucket]! += 1;
    this.#turnsInWindow += 1;
    if (failed) {
      this.#failures[bucket]! += 1;
      this.#failuresInWindow += 1;
    }
    if (this.#turnsInWindow < minTurns || this.#failuresInWindow * 2 <= this.#turnsInWindow) return undefined;
    this.#on = true;
    this.#nextProbe = second + probeSeconds;
    return "on";
  }

  /** Whether a probe may begin. */
  probeDue(second: number): boolean {
    return this.#on && second >= this.#nextProbe;
  }

  /** Begins a probe if one may begin; the next one may 5 s later. */
  takeProbe(second: number): boolean {
    if (!this.probeDue(second)) return false;
    this.#nextProbe = second + probeSeconds;
    return true;
  }

  /** The probe proved nothing: another one may begin at once. */
  returnProbe(): void {
    this.#nextProbe = 0;
  }

  /** Empties the seconds that have left the window. */
  #roll(second: number): void {
    const first = Math.max(this.#second, second - windowSeconds) + 1;
    for (let passed = first; passed <= second; passed++) {
      const bucket = passed % windowSeconds;
      this.#turnsInWindow -= this.#turns[bucket]!;
      this.#failuresInWindow -= this.#failures[bucket]!;
      this.#turns[bucket] = 0;
      this.#failures[bucket] = 0;
    }
    this.#second = second;
  }

  #clear(): void {
    this.#turns.fill(0);
    this.#failures.fill(0);
    this.#turnsInWindow = 0;
    this.#failuresInWindow = 0;
  }
}
