import { setTimeout as sleep } from "node:timers/promises";
import { TransactionAbortedError, TransactionInDoubtError } from "@actor-runtime/core";
import type { ActorSystem } from "@actor-runtime/runtime";
import { Account } from "./account.js";
import { accountKeys } from "./transfer.js";

const timeoutMs = 15_000;
/** While an audit holds all accounts, nobody else gets far. */
const pauseMs = 1_000;

/** Reads all balances again and again, each time in one transaction, and notes what they come to. */
export class Auditor {
  readonly totals: number[] = [];
  /** Audits that did not come to an end in their time. */
  failed = 0;
  readonly #system: ActorSystem;
  readonly #auditing: Promise<void>;
  #stopped = false;

  constructor(system: ActorSystem) {
    this.#system = system;
    this.#auditing = this.#auditAll();
  }

  /** Resolves when the audit under way has ended. */
  stop(): Promise<void> {
    this.#stopped = true;
    return this.#auditing;
  }

  async #auditAll(): Promise<void> {
    while (!this.#stopped) {
      try {
        this.totals.push(await this.#audit());
      } catch (error) {
        if (!(error instanceof TransactionAbortedError || error instanceof TransactionInDoubtError)) throw error;
        this.failed += 1;
      }
      await sleep(pauseMs);
    }
  }

  #audit(): Promise<number> {
    return this.#system.transaction({ timeout: timeoutMs }, async (tx) => {
      const balances = await Promise.all(accountKeys.map((key) => tx.ref(Account, key).current()));
      return balances.reduce((sum, balance) => sum + balance, 0);
    });
  }
}
