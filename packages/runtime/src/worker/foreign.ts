import {
  InvalidAddressError,
  LostOwnershipError,
  messageBytes,
  parseAddress,
  UnknownTypeError,
} from "@actor-runtime/core";
import { typeBounds } from "../options.js";
import { isErasure } from "../system-handlers.js";
import { storedText } from "./commit-group.js";
import type { Inbound } from "./inbound.js";
import { actorOverflow } from "./overflow.js";
import type { ForeignMessages, PartitionScope } from "./scope.js";

/** What is stored for one actor. */
interface Stored {
  count: number;
  bytes: number;
}

/**
 * Messages for types that share this mailbox but are not hosted by this worker. They are stored behind each other (delivery.md
 * O7), and run when a worker takes the partition that hosts the type.
 */
export class Foreign implements ForeignMessages {
  readonly #scope: PartitionScope;
  readonly #stored = new Map<string, Stored>();
  #bytes = 0;

  constructor(scope: PartitionScope) {
    this.#scope = scope;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** By address. */
  get stored(): ReadonlyMap<string, { readonly count: number }> {
    return this.#stored;
  }

  adopt(address: string, sizes: readonly number[]): void {
    for (const size of sizes) this.#count(address, size);
  }

  take(inbound: Inbound): void {
    const { services, partition } = this.#scope;
    const { type, key } = parseAddress(inbound.message.to);
    services.directory.locate(
      { type, key },
      (home) => {
        if (!this.#scope.alive) return;
        if (home === partition) this.#leave(inbound, type);
        else this.#refuse(inbound, `its messages belong to ${home}`);
      },
      (error) => {
        if (!this.#scope.alive) return;
        if (error instanceof UnknownTypeError || error instanceof InvalidAddressError) {
          this.#refuse(inbound, error.message);
          return;
        }
        this.#scope.lose(new LostOwnershipError(`${partition}: types could not be looked up`, { cause: error }));
      },
    );
  }

  /** To the worker that brought the type, if that is a newer one, or into the store for any that will. */
  #leave(inbound: Inbound, type: string): void {
    if (!this.#scope.tooNew(`type "${type}" is not hosted here`)) this.#store(inbound);
  }

  #store(inbound: Inbound): void {
    const { scheduler, commits, services } = this.#scope;
    const { message } = inbound;
    if (message.kind === "query" || isErasure(message)) {
      this.#refuse(inbound, "its worker is gone");
      return;
    }
    const { maxStoredPerActor, maxStoredBytesPerActor } = typeBounds(services.limits, parseAddress(message.to).type);
    const { maxStoredBytes } = services.limits;
    const { count, bytes } = this.#stored.get(message.to) ?? { count: 0, bytes: 0 };
    const text = storedText(inbound);
    const size = messageBytes(text);
    if (count >= maxStoredPerActor || bytes >= maxStoredBytesPerActor || this.#bytes + size > maxStoredBytes) {
      scheduler.refused(inbound, actorOverflow(message.to, count, 0));
      return;
    }
    this.#count(message.to, size);
    scheduler.stored(inbound);
    commits.gathering.tally.add(services.metrics.typeOf(message.to).parked);
    commits.gathering.parkLast({ address: message.to, parked: undefined }, inbound, text, size);
  }

  #refuse(inbound: Inbound, reason: string): void {
    const { to } = inbound.message;
    const refusal = new UnknownTypeError(
      `${to}: this worker hosts no actors of type "${parseAddress(to).type}"; ${reason}`,
    );
    this.#scope.scheduler.refused(inbound, refusal);
  }

  #count(address: string, size: number): void {
    const stored = this.#stored.get(address) ?? { count: 0, bytes: 0 };
    stored.count++;
    stored.bytes += size;
    this.#bytes += size;
    this.#stored.set(address, stored);
  }
}
