import {
  type Cancel,
  encodeText,
  formatAddress,
  messageBytes,
  messageText,
  type TraceHeaders,
} from "@actor-runtime/core";
import { handedOn } from "../tracing/handed-on.js";
import { transactionKey, transactionType } from "../transactions/transaction-messages.js";
import { leaveTells } from "./leave-tells.js";
import type { PartitionScope } from "./scope.js";

/** Coordinators wait so long for word that a participant changed: it costs little where much of it travels together (ms). */
const gatherMs = 500;
/** More is not kept back (P12). */
const maxGathered = 1_000;

/** Participants of one transaction that have changed. */
interface Changed {
  readonly addresses: string[];
  readonly trace: TraceHeaders | undefined;
}

/**
 * Word to coordinators that participants of one partition have changed, so that they may forget their transactions. Where it is
 * lost with its worker, the coordinator is found to wait, and tells its decision once more.
 */
export class Acknowledgements {
  readonly #scope: PartitionScope;
  /** By transaction: a coordinator of thousands takes one turn for all that are here, not for each. */
  readonly #gathered = new Map<string, Changed>();
  #count = 0;
  #cancel: Cancel | undefined;

  constructor(scope: PartitionScope) {
    this.#scope = scope;
  }

  /** The commit that changes the actor is gathered already, so that this word never leaves before it. */
  add(id: string, address: string, trace: TraceHeaders | undefined): void {
    const known = this.#gathered.get(id);
    if (known === undefined) this.#gathered.set(id, { addresses: [address], trace });
    else known.addresses.push(address);
    if (++this.#count >= maxGathered) this.#send();
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
    const [first] = this.#gathered.keys();
    if (first === undefined) return;
    if (directory.partition(transactionType, transactionKey(first)) === undefined) {
      directory.find(transactionType, transactionKey(first)).then(
        () => this.#send(),
        // No worker hosts coordinators any more: the record there says who is missing.
        () => {},
      );
      return;
    }
    for (const [id, changed] of this.#gathered) this.#draft(id, changed);
    this.#gathered.clear();
    this.#count = 0;
    commits.commitSoon();
  }

  #draft(id: string, { addresses, trace: parent }: Changed): void {
    const { services, commits, outbox } = this.#scope;
    const { tracing, directory } = services;
    const key = transactionKey(id);
    const handler = "applied";
    const target = { type: transactionType, key, known: undefined };
    const span = tracing.on ? tracing.send({ target, handler }, false, { parent }) : undefined;
    const trace = span?.headers ?? handedOn(parent);
    const message = { to: formatAddress(transactionType, key), kind: "tell", handler, trace } as const;
    const text = messageText(message, encodeText([id, ...addresses], "args"));
    const partition = directory.partition(transactionType, key)!;
    leaveTells(this.#scope, [outbox.draft(partition, text, messageBytes(text), span)], commits.gathering);
  }
}
