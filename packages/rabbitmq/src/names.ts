import {
  ConfigError,
  type Mailbox,
  type PartitionId,
  type PoolQueue,
  parsePartition,
  parsePoolQueue,
} from "@actor-runtime/core";

/** No dot: `actor.a.b.c` must not be readable as namespace `a` and as namespace `a.b`. */
const namespacePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

const maxNameLength = 255;

/** What the exchanges and queues of a namespace are called. */
export class Names {
  readonly #prefix: string;

  /** @throws ConfigError when names made of it could be too long for AMQP or meet those of another namespace */
  constructor(namespace: string) {
    if (!namespacePattern.test(namespace)) {
      throw new ConfigError(
        `namespace: ${JSON.stringify(namespace)} cannot be part of a queue's name: ` +
          'use 1 to 63 letters, digits, "_" or "-", beginning with a letter or digit',
      );
    }
    this.#prefix = `actor.${namespace}`;
  }

  /** Everything durable is published here, with the destination as routing key. */
  get exchange(): string {
    return this.#prefix;
  }

  /** Exchange and queue of what the broker itself gives up delivering. */
  get undelivered(): string {
    return `${this.#prefix}.undelivered`;
  }

  get store(): string {
    return `${this.#prefix}.store`;
  }

  partition({ name, generation }: Mailbox, partition: PartitionId): string {
    const { index } = parsePartition(partition);
    return `${this.#prefix}.${name}.g${generation}.${String(index).padStart(2, "0")}`;
  }

  /**
   * No dot before the worker: names of types and workers may hold some.
   *
   * @throws ConfigError when the name would be too long for AMQP
   */
  pool(queue: PoolQueue): string {
    const { type, worker } = parsePoolQueue(queue);
    const name = `${this.#prefix}.pool.${type}${worker === undefined ? "" : `@${worker}`}`;
    if (name.length > maxNameLength) {
      throw new ConfigError(
        `queue "${name}" has a name of more than ${maxNameLength} characters: use a shorter namespace, type or worker id`,
      );
    }
    return name;
  }

  dead(type: string): string {
    return `${this.#prefix}.dead.${type}`;
  }

  replies(id: string): string {
    return `${this.#prefix}.replies.${id}`;
  }

  /** Whether answers may be sent there: an address comes with a message, and must not name any other queue. */
  isReplies(address: string): boolean {
    return address.startsWith(`${this.#prefix}.replies.`) && address.length <= maxNameLength;
  }
}
