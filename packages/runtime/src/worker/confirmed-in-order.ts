/** Numbers that are confirmed in any order, and how far they are without a gap. */
export class ConfirmedInOrder {
  readonly #open = new Set<number>();
  #last = 0;

  /** Numbers rise. */
  sent(number: number): void {
    this.#open.add(number);
    this.#last = number;
  }

  /** @returns up to which number all are confirmed now; `undefined`: no further than before */
  confirmed(number: number): number | undefined {
    const [first] = this.#open;
    this.#open.delete(number);
    if (number !== first) return undefined;
    const [next] = this.#open;
    return next === undefined ? this.#last : next - 1;
  }
}
