/**
 * Which actors of one type have stored state in a partition, for a type whose actors are made by the thousand and live once:
 * what was never stored need not be looked for. It is known once all were listed; meanwhile nothing is.
 */
export class StoredAddresses {
  readonly #prefix: string;
  readonly #stored = new Set<string>();
  /** Those that changed while they were being listed. */
  #touched: Set<string> | undefined = new Set();

  /** @param prefix what their addresses begin with */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /**
   * @param list all that are stored with this prefix; what changes meanwhile is told by {@link left}
   * @throws what the list throws; then nothing is known
   */
  async learn(list: (prefix: string) => AsyncIterable<{ readonly address: string }>): Promise<void> {
    for await (const { address } of list(this.#prefix)) {
      if (!this.#touched!.has(address)) this.#stored.add(address);
    }
    this.#touched = undefined;
  }

  /** An actor left memory, with or without stored state. */
  left(address: string, stored: boolean): void {
    if (!address.startsWith(this.#prefix)) return;
    this.#touched?.add(address);
    if (stored) this.#stored.add(address);
    else this.#stored.delete(address);
  }

  /** It is certain that none is stored of those that are not in memory. */
  get isEmpty(): boolean {
    return this.#touched === undefined && this.#stored.size === 0;
  }

  /** Whether it is certain that nothing is stored of an actor that is not in memory. */
  lacks(address: string): boolean {
    return this.#touched === undefined && address.startsWith(this.#prefix) && !this.#stored.has(address);
  }
}
