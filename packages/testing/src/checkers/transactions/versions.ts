import type { Append, Appends } from "./appends.js";
import type { ListRead, ListTransaction, ListValue } from "./list-history.js";
import type { IsolationAnomaly, TransactionViolation } from "./transaction-violation.js";

/** What one list was, one version for each append, as far as the longest read of it shows. */
export class Versions {
  readonly key: string;
  readonly #appends: Appends;
  readonly #order: ListValue[] = [];
  readonly #places = new Map<ListValue, number>();
  /** Values that were found to be wrong; they are overlooked from then on. */
  readonly #wrong = new Set<ListValue>();
  readonly #repeated = new Set<ListValue>();
  readonly violations: TransactionViolation[] = [];
  #longest: ListTransaction | undefined;

  constructor(key: string, appends: Appends) {
    this.key = key;
    this.#appends = appends;
  }

  get size(): number {
    return this.#order.length;
  }

  /** The append that made this version, from 0. */
  at(place: number): Append | undefined {
    const value = this.#order[place];
    return value === undefined ? undefined : this.#appends.of(this.key, value);
  }

  has(value: ListValue): boolean {
    return this.#places.has(value);
  }

  /**
   * Takes a read into account.
   *
   * @returns what it read that nobody had read before; `undefined` when it cannot be brought in line with other reads
   */
  add(reader: ListTransaction, { list }: ListRead): readonly ListValue[] | undefined {
    const known = this.#inCommon(list);
    if (known === list.length) return [];
    const tail = this.#withoutWrong(reader, list, known);
    const more = this.#inCommon(tail, known);
    if (more === tail.length) return [];
    if (known + more < this.size) {
      const [one, other] = [tail[more], this.#order[known + more]];
      const what = `${reader.id} read ${one} of ${this.key} where ${this.#longest!.id} read ${other}`;
      this.#report("incompatible orders", [reader, this.#longest!], what);
      return undefined;
    }
    this.#longest = reader;
    const news = tail.slice(more);
    for (const value of news) this.#places.set(value, this.#order.push(value) - 1);
    return news;
  }

  /** How many versions who read this had seen. */
  seenBy({ list }: ListRead): number {
    if (this.violations.length === 0) return list.length;
    return Math.max(0, ...list.map((value) => (this.#places.get(value) ?? -1) + 1));
  }

  /** How far the list goes along with the order from a place on. */
  #inCommon(list: readonly ListValue[], from = 0): number {
    const order = this.#order;
    const most = Math.min(order.length - from, list.length);
    let count = 0;
    while (count < most && order[from + count] === list[count]) count += 1;
    return count;
  }

  #withoutWrong(reader: ListTransaction, list: readonly ListValue[], from: number): ListValue[] {
    const seen = new Set<ListValue>();
    return list.slice(from).filter((value) => {
      if (this.#wrong.has(value)) return false;
      const append = this.#appends.of(this.key, value);
      if (append === undefined) return this.#isWrong(value, "unknown value", [reader], "nobody appended");
      const { transaction } = append;
      if (transaction.outcome === "aborted") {
        return this.#isWrong(value, "G1a", [reader, transaction], `${transaction.id} appended and that aborted`);
      }
      const place = this.#places.get(value);
      if (seen.has(value) || (place !== undefined && place < from)) return this.#isRepeated(value, reader, transaction);
      seen.add(value);
      return true;
    });
  }

  #isWrong(value: ListValue, anomaly: IsolationAnomaly, about: readonly ListTransaction[], who: string): false {
    this.#wrong.add(value);
    this.#report(anomaly, about, `${about[0]!.id} read ${value} of ${this.key}, which ${who}`);
    return false;
  }

  #isRepeated(value: ListValue, reader: ListTransaction, of: ListTransaction): false {
    if (this.#repeated.has(value)) return false;
    this.#repeated.add(value);
    this.#report("duplicate", [reader, of], `${reader.id} read ${value} of ${this.key} twice`);
    return false;
  }

  #report(anomaly: IsolationAnomaly, about: readonly ListTransaction[], what: string): void {
    this.violations.push({ anomaly, transactions: about.map(({ id }) => id), what });
  }
}
