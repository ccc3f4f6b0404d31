import type { ListTransaction, ListValue } from "./list-history.js";

/** Where a value comes from. */
export interface Append {
  readonly transaction: ListTransaction;
  readonly key: string;
  readonly value: ListValue;
  /** The transaction appended no more to this list. */
  readonly isLast: boolean;
}

/** Who appended what. */
export class Appends {
  readonly #appends = new Map<ListValue, Append>();

  /** @throws RangeError when two appends have one value, by which nothing could be told */
  constructor(transactions: readonly ListTransaction[]) {
    for (const transaction of transactions) {
      const left = new Set<string>();
      for (const operation of transaction.operations.toReversed()) {
        if (operation.kind !== "append") continue;
        const { key, value } = operation;
        const other = this.#appends.get(value);
        if (other !== undefined) {
          throw new RangeError(`${transaction.id} and ${other.transaction.id} append ${value}: values must be unique`);
        }
        this.#appends.set(value, { transaction, key, value, isLast: !left.has(key) });
        left.add(key);
      }
    }
  }

  /** `undefined`: nobody appended it to this list. */
  of(key: string, value: ListValue): Append | undefined {
    const append = this.#appends.get(value);
    return append?.key === key ? append : undefined;
  }
}
