import { ConfigError, type Destination, type Frame, type Logger, type PublishOutcome } from "@actor-runtime/core";
import type { ConfirmPool } from "./confirm-pool.js";
import type { Connection } from "./connection.js";
import { onThrowaway } from "./throwaway.js";
import type { Topology } from "./topology.js";

const prefix = "dead:";

/** Where dead letters go. Their queues are declared by whoever sends the first ones, once per connection. */
export class DeadQueues {
  readonly #pool: ConfirmPool;
  readonly #connection: Connection;
  readonly #topology: Topology;
  readonly #log: Logger;
  readonly #declared = new Set<string>();

  constructor(pool: ConfirmPool, connection: Connection, topology: Topology, log: Logger) {
    this.#pool = pool;
    this.#connection = connection;
    this.#topology = topology;
    this.#log = log;
  }

  static holds(to: Destination): boolean {
    return to.startsWith(prefix);
  }

  async publish(to: Destination, frame: Frame): Promise<PublishOutcome> {
    if (!this.#declared.has(to)) {
      try {
        await this.#declare(to.slice(prefix.length));
      } catch (error) {
        this.#log.warn({ err: error, to }, "dead letters cannot be sent yet");
        // Certainly not stored; the caller repeats it either way.
        return "lost";
      }
      this.#declared.add(to);
    }
    const outcome = await this.#pool.publish(to, frame);
    // An operator may have deleted the queue.
    if (outcome === "unroutable") this.#declared.delete(to);
    return outcome;
  }

  /** On another connection nothing of it may be there: another broker, or one that was reset. */
  disconnected(): void {
    this.#declared.clear();
  }

  async #declare(type: string): Promise<void> {
    try {
      await onThrowaway(this.#connection, (channel) => this.#topology.declareDead(channel, type));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      // It is there, with another bound: no reason to keep dead letters from it.
      this.#log.warn({ err: error, type }, "dead letters go to a queue with other properties");
    }
    await onThrowaway(this.#connection, (channel) => this.#topology.bindDead(channel, type));
  }
}
