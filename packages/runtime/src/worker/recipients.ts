import { messageBytes, parseAddress, type StoredMessage } from "@actor-runtime/core";
import { isErasure, isTransactionWord } from "../system-handlers.js";
import { Inbound } from "./inbound.js";
import type { MessageRecipients, PartitionScope } from "./scope.js";
import type { TransactionWords } from "./transaction-words.js";

/** Gives each message of one partition to whom it is for, as it comes or as it is found in the store at takeover. */
export class Recipients implements MessageRecipients {
  readonly #scope: PartitionScope;
  readonly #words: TransactionWords;

  constructor(scope: PartitionScope, words: TransactionWords) {
    this.#scope = scope;
    this.#words = words;
  }

  enqueue(inbound: Inbound): void {
    const { alive, services, foreign, activations, scheduler } = this.#scope;
    if (!alive) return;
    const { to } = inbound.message;
    const hosted = services.types.get(to.slice(0, to.indexOf("/")));
    if (!hosted) {
      // A delayed message that became due before anybody hosts its type again.
      foreign.take(inbound);
      return;
    }
    if (isTransactionWord(inbound.message)) {
      this.#words.receive(inbound);
      return;
    }
    const activation = activations.get(hosted, to, inbound.message.trace);
    if (isErasure(inbound.message)) {
      scheduler.erase(activation, inbound);
      return;
    }
    activation.enqueue(inbound);
    scheduler.pump(activation);
  }

  /** Messages stored for an actor come before everything else that waits for it (O4). */
  adopt(address: string, texts: readonly string[]): void {
    const { services, foreign, activations, keptAnswers } = this.#scope;
    const hosted = services.types.get(parseAddress(address).type);
    const sizes = texts.map(messageBytes);
    if (!hosted) {
      foreign.adopt(address, sizes);
      return;
    }
    if (texts.length === 0) return;
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    const entries = texts.map((text, index) => {
      const stored = JSON.parse(text) as StoredMessage;
      const inbound = Inbound.parked(stored.message, stored, true);
      inbound.park(sizes[index]!);
      if (inbound.repeats !== undefined) keptAnswers.repeatAccepted(inbound.repeats);
      return inbound;
    });
    const activation = activations.get(hosted, address);
    activation.parked = { entries, persisted: entries.length, bytes };
    // Those that came while nobody hosted the type here.
    for (const inbound of entries) {
      if (isTransactionWord(inbound.message)) this.#words.receive(inbound);
      else activation.await(inbound);
    }
  }
}
