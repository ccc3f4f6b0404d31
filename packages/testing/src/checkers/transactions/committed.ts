import { Appends } from "./appends.js";
import type { ListRead, ListTransaction } from "./list-history.js";
import { checkOwnAppends } from "./own-appends.js";
import type { TransactionViolation } from "./transaction-violation.js";
import { Versions } from "./versions.js";

/** A read that agrees with the other reads of its list. */
export interface SoundRead {
  readonly reader: ListTransaction;
  readonly read: ListRead;
}

/** Who committed, what they read, and what the lists were by that. */
export class Committed {
  readonly transactions: readonly ListTransaction[];
  readonly appends: Appends;
  readonly reads: readonly SoundRead[];
  readonly #versions = new Map<string, Versions>();
  readonly #violations: TransactionViolation[] = [];

  constructor(history: readonly ListTransaction[]) {
    this.appends = new Appends(history);
    const committed = new Set(history.filter(({ outcome }) => outcome === "committed"));
    const reads: SoundRead[] = [];
    // Those that are found on the way come after.
    for (const reader of committed) {
      for (const read of reader.operations) {
        if (read.kind !== "read") continue;
        const versions = this.versions(read.key);
        const news = versions.add(reader, read);
        if (news === undefined) continue;
        reads.push({ reader, read });
        for (const value of news) committed.add(this.appends.of(read.key, value)!.transaction);
      }
      this.#violations.push(...checkOwnAppends(reader));
    }
    this.transactions = [...committed];
    this.reads = reads;
  }

  get keys(): Iterable<string> {
    return this.#versions.keys();
  }

  versions(key: string): Versions {
    let versions = this.#versions.get(key);
    if (versions === undefined) this.#versions.set(key, (versions = new Versions(key, this.appends)));
    return versions;
  }

  get violations(): readonly TransactionViolation[] {
    return [...this.#violations, ...[...this.#versions.values()].flatMap(({ violations }) => violations)];
  }
}
