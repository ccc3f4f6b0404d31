import { type Cancel, encodeText, formatAddress, messageBytes, messageText } from "@actor-runtime/core";
import { transactionKey, transactionType } from "../transactions/transaction-messages.js";
import type { PartitionScope } from "./scope.js";

/** Coordinators wait so long for word that a participant changed: it costs little where much of it travels together (ms). */
const gatherMs = 500;
/** More is not kept back (P12). */
const maxGathered = 1_000;

/**
 * Word to coordinators that participants of one partition have changed, so that they may forget their transactions. Where it is
 * lost with its worker, the coordinator is found to wait, and tells its decision once more.
 */
export class Acknowledgements {
  readonly #scope: PartitionScope;
  #gathered: (readonly [id: string, address: string])[] = [];
  #cancel: Cancel | undefined;

  constructor(scope: PartitionScope) {
    this.#scope = scope;
  }

  /** The commit that changes the actor is gathered already, so that this word never leaves before it. */
  add(id: string, address: string): void {
    this.#gathered.push([id, address]);
    if (this.#gathered.length >= maxGathered) this.#send();
    else this.#cancel ??= this.#scope.services.ports.clock.after(gatherMs, () => this.#send());
  }

  close(): void {
    this.#cancel?.();
  }

  #send(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (!this.#scope.alive) return;
    const { services, commits } = this.#scope;
    const { directory } = services;
    const [first] = this.#gathered;
    if (first === undefined) return;
    if (directory.partition(transactionType, transactionKey(first[0])) === undefined) {
      directory.find(transactionType, transactionKey(first[0])).then(
        () => this.#send(),
        // No worker hosts coordinators any more: the record there says who is missing.
        () => {},
      );
      return;
    }
    for (const [id, address] of this.#gathered) this.#draft(id, address);
    this.#gathered = [];
    commits.commitSoon();
  }

  #draft(id: string, address: string): void {
    const { services, commits, outbox } = this.#scope;
    const key = transactionKey(id);
    const message = { to: formatAddress(transactionType, key), kind: "tell", handler: "applied" } as const;
    const text = messageText(message, encodeText([id, address], "args"));
    const partition = services.directory.partition(transactionType, key)!;
    commits.gathering.out.push(outbox.draft(partition, text, messageBytes(text)));
  }
}
