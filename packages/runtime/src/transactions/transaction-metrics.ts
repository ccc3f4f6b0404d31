import type { Telemetry } from "@actor-runtime/core";
import type { CommitPath, TransactionEnd } from "./transaction-end.js";

/** What the transactions that begin in this process are measured by. */
export class TransactionMetrics {
  readonly #telemetry: Telemetry;
  readonly #lasted = new Map<TransactionEnd["outcome"], (seconds: number) => void>();

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  /** @param ms from its beginning, all attempts included */
  ended({ outcome, reason }: TransactionEnd, ms: number): void {
    if (!this.#telemetry.measuring) return;
    let record = this.#lasted.get(outcome);
    if (record === undefined) {
      record = this.#telemetry.histogram("transaction.duration", { outcome });
      this.#lasted.set(outcome, record);
    }
    record(ms / 1_000);
    this.#telemetry.count("transaction.ended", 1, { outcome, reason: reason ?? "none" });
  }

  committed(path: CommitPath): void {
    if (this.#telemetry.measuring) this.#telemetry.count("transaction.commits", 1, { path });
  }

  /** One that gave way is tried again. */
  retried(): void {
    this.#telemetry.count("transaction.retries", 1);
  }
}
