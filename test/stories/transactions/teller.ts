import { ActorError, ClosedError, TransactionAbortedError } from "@actor-runtime/core";
import type { ActorSystem } from "@actor-runtime/runtime";
import { Account } from "./account.js";
import type { Ended } from "./journal.js";
import { type Transfer, transferOf } from "./transfer.js";

const timeoutMs = 8_000;
/** After it a transaction made by a handler has ended, or nobody knows. */
const askTimeoutMs = 20_000;

/** A client that makes one transfer after the other. */
export class Teller {
  readonly #client: string;
  readonly #system: ActorSystem;
  readonly #note: (ended: Ended) => void;
  readonly #working: Promise<void>;
  #stopped = false;

  constructor(client: string, system: ActorSystem, note: (ended: Ended) => void) {
    this.#client = client;
    this.#system = system;
    this.#note = note;
    this.#working = this.#work();
  }

  /** Resolves when the transfer under way has ended. */
  stop(): Promise<void> {
    this.#stopped = true;
    return this.#working;
  }

  async #work(): Promise<void> {
    for (let n = 1; !this.#stopped; n++) this.#note({ client: this.#client, n, ...(await this.#make(n)) });
  }

  async #make(n: number): Promise<Omit<Ended, "client" | "n">> {
    const transfer = transferOf(this.#client, n);
    let attempts = 0;
    try {
      if (transfer.by === "handler") await this.#byHandler(transfer);
      else await this.#inBody(transfer, (attempt) => (attempts = attempt));
      return { end: "done", attempts };
    } catch (error) {
      if (!(error instanceof ActorError)) throw error;
      if (error instanceof ClosedError) this.#stopped = true;
      return { end: error.effect === "none" ? "undone" : "unknown", why: reasonOf(error), attempts };
    }
  }

  #byHandler(transfer: Transfer): Promise<void> {
    return this.#system.ref(Account, transfer.from).with({ timeout: askTimeoutMs }).payTo(transfer);
  }

  #inBody(transfer: Transfer, began: (attempt: number) => void): Promise<void> {
    return this.#system.transaction({ timeout: timeoutMs }, async (tx) => {
      began(tx.attempt);
      const deposit = () => tx.ref(Account, transfer.to).deposit(transfer);
      if (transfer.depositFirst) await deposit();
      await tx.ref(Account, transfer.from).withdraw(transfer);
      if (!transfer.depositFirst) await deposit();
    });
  }
}

function reasonOf(error: ActorError): string {
  return error instanceof TransactionAbortedError ? `${error.name}: ${error.reason}` : error.name;
}
