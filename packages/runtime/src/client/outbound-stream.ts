/**
 * This process's own stream to one partition: rising numbers without reuse, taken when a batch is built (delivery.md S2).
 */
export class OutboundStream {
  /** `<openMs>-<random>`: the receiver judges its age by the first part. */
  readonly name: string;
  #next = 1;
  #confirmed = 0;
  /** Numbers of asks that wait for their answer, ascending because numbers are taken in order. */
  readonly #unanswered = new Set<number>();

  constructor(openMs: number, id: string) {
    this.name = `${openMs}-${id}`;
  }

  /** The last number known to be stored by the broker. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** Every ask below this number has its answer, or nobody waits for it any more. */
  get settled(): number {
    for (const number of this.#unanswered) return number;
    return this.#next;
  }

  take(isAsk: boolean): number {
    const number = this.#next++;
    if (isAsk) this.#unanswered.add(number);
    return number;
  }

  confirm(number: number): void {
    if (number > this.#confirmed) this.#confirmed = number;
  }

  answered(number: number): void {
    this.#unanswered.delete(number);
  }
}
