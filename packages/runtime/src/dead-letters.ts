import {
  answerKey,
  type DeadLetter,
  type Destination,
  InvalidAddressError,
  type Message,
  parseAddress,
  TooLargeError,
  UnknownTypeError,
} from "@actor-runtime/core";
import { callTarget } from "./client/call-target.js";
import type { Calls } from "./client/calls.js";
import type { Directory } from "./client/directory.js";
import { type DeadLetterFilter, DeadLetterSelection } from "./dead-letter-filter.js";
import type { Ports } from "./ports.js";
import type { Tracing } from "./tracing/tracing.js";

/** How long to wait for room in the mailbox and the broker's confirm. */
const confirmMs = 30_000;

export interface DryRun {
  /** Only count, and change nothing. Default `false`. */
  readonly dryRun?: boolean;
}

/** Messages that could not take effect, for operators and programs. */
export interface DeadLetters {
  /** Dead letters of all types, or one; those of a type oldest first, each message once. Leaves them where they are. */
  list(filter?: DeadLetterFilter): AsyncIterable<DeadLetter>;
  /**
   * Sends messages again, as tells, and removes their letters once the broker has confirmed. A message keeps its identity
   * (its idempotency key, else `dead:<identity>`), also through further retries: what took effect does not do so again
   * within its type's `replyRetention`. It does not keep its place among the messages of its sender.
   *
   * @returns how many were `retried`, and how many letters `cannot` be and stay: they were undecodable, or belong to a type
   * that nobody ever hosted
   * @throws OverloadedError or UnknownOutcomeError when a mailbox takes nothing more; the rest stays
   */
  retry(filter: DeadLetterFilter, options?: DryRun): Promise<{ retried: number; cannot: number }>;
  /** Removes letters for good. */
  drop(filter: DeadLetterFilter, options?: DryRun): Promise<{ dropped: number }>;
}

/** A message that was read, not just the frame it came in. */
export function isRetryable({ message }: DeadLetter): boolean {
  return !("frame" in message);
}

/** `system.dead`: works on the broker itself, so any process may use it. */
export class BrokerDeadLetters implements DeadLetters {
  readonly #ports: Ports;
  readonly #directory: Directory;
  readonly #calls: Calls;
  readonly #tracing: Tracing;

  constructor(ports: Ports, directory: Directory, calls: Calls, tracing: Tracing) {
    this.#ports = ports;
    this.#directory = directory;
    this.#calls = calls;
    this.#tracing = tracing;
  }

  async *list(filter: DeadLetterFilter = {}): AsyncIterable<DeadLetter> {
    const selection = this.#select(filter);
    for (const type of await this.#types(selection)) {
      for await (const letter of this.#ports.broker.deadLetters(type)) {
        if (selection.look(letter) === "chosen") yield letter;
      }
    }
  }

  async retry(filter: DeadLetterFilter, { dryRun = false }: DryRun = {}): Promise<{ retried: number; cannot: number }> {
    let retried = 0;
    let cannot = 0;
    const retry = async (letter: DeadLetter): Promise<boolean> => {
      const partition = await this.#partition(letter);
      const sent = partition !== undefined && (dryRun || (await this.#send(letter, partition)));
      if (sent) retried++;
      else cannot++;
      return sent;
    };
    if (dryRun) for await (const letter of this.list(filter)) await retry(letter);
    else await this.#take(filter, retry);
    return { retried, cannot };
  }

  async drop(filter: DeadLetterFilter, { dryRun = false }: DryRun = {}): Promise<{ dropped: number }> {
    let dropped = 0;
    const drop = async (_: DeadLetter): Promise<boolean> => {
      dropped++;
      return true;
    };
    if (dryRun) for await (const letter of this.list(filter)) await drop(letter);
    else await this.#take(filter, drop);
    return { dropped };
  }

  /** Removes the chosen ones for which `take` is true, with all their copies. */
  async #take(filter: DeadLetterFilter, take: (letter: DeadLetter) => Promise<boolean>): Promise<void> {
    const selection = this.#select(filter);
    const kept = new Set<string>();
    for (const type of await this.#types(selection)) {
      await this.#ports.broker.takeDeadLetters(type, async (letter) => {
        const found = selection.look(letter);
        if (found === "other") return false;
        const key = answerKey(letter.address, letter.id);
        if (found === "copy") return !kept.has(key);
        const taken = await take(letter);
        if (!taken) kept.add(key);
        return taken;
      });
    }
  }

  /** Where its message belongs; `undefined`: it can never be sent. */
  async #partition({ address, message }: DeadLetter): Promise<Destination | undefined> {
    if ("frame" in message) return undefined;
    try {
      const { type, key } = parseAddress(address);
      return await this.#directory.reach({ type, key });
    } catch (error) {
      if (error instanceof InvalidAddressError || error instanceof UnknownTypeError) return undefined;
      throw error;
    }
  }

  /** Resolves once the broker has the message; `false`: its identity makes it too large. */
  async #send({ id, address, handler, message }: DeadLetter, partition: Destination): Promise<boolean> {
    const { args, headers, trace } = message as Message;
    const details = { timeoutMs: confirmMs, signal: undefined, headers, chain: undefined, dueAt: undefined };
    const target = callTarget(address, "ask", handler);
    const method = { handler, target: { ...parseAddress(address), known: undefined } };
    const span = this.#tracing.on ? this.#tracing.send(method, false, { again: trace }) : undefined;
    const again = { ...details, id: identityOf(id), span, trace: span?.headers };
    try {
      await this.#tracing.follow(span, () => this.#calls.tell(partition, target, JSON.stringify(args), again));
      return true;
    } catch (error) {
      if (error instanceof TooLargeError) return false;
      throw error;
    }
  }

  #select(filter: DeadLetterFilter): DeadLetterSelection {
    return new DeadLetterSelection(filter, this.#ports.clock.now());
  }

  /** Letters of undecodable frames lie under the name of their mailbox. */
  async #types({ type }: DeadLetterSelection): Promise<Iterable<string>> {
    if (type !== undefined) return [type];
    const { types, mailboxes, pools } = await this.#ports.store.namespace();
    return new Set([types, mailboxes, pools].flatMap(Object.keys).toSorted());
  }
}

/** A key that its sender gave it (`u:`) stays, so that it counts once also when its sender repeats it (delivery.md C.21). */
function identityOf(id: string): string {
  return /^(u|dead):/.test(id) ? id : `dead:${id}`;
}
