import { checkType, parseAddress, partitionsOf } from "@actor-runtime/core";
import type { ActorAdmin, NamedType } from "./actor-system.js";
import { type CallDetails, callTarget } from "./client/call-target.js";
import type { Calls } from "./client/calls.js";
import type { Directory } from "./client/directory.js";
import { targetsOf } from "./paused.js";
import type { Ports } from "./ports.js";
import { eraseHandler } from "./system-handlers.js";
import type { Tracing } from "./tracing/tracing.js";
import { storedValues, storedVersion } from "./worker/state.js";

const eraseDetails: CallDetails = {
  timeoutMs: 30_000,
  signal: undefined,
  headers: undefined,
  id: undefined,
  chain: undefined,
  dueAt: undefined,
};

/** `system.actors`: reads what is committed; erasing goes through the actor's owner. */
export class StoredActors implements ActorAdmin {
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

  async types(): Promise<readonly NamedType[]> {
    const { types, mailboxes, paused } = await this.#ports.store.namespace();
    return Object.keys(types)
      .toSorted()
      .map((name) => {
        const mailbox = types[name]!;
        const { partitions } = mailboxes[mailbox]!;
        return { name, mailbox, partitions, paused: targetsOf(name, paused) };
      });
  }

  async *list(type: string, options: { prefix?: string } = {}): ReturnType<ActorAdmin["list"]> {
    const mailbox = await this.#directory.mailbox(type);
    for (const partition of partitionsOf(mailbox)) {
      for await (const { address, state } of this.#ports.store.list(partition, `${type}/${options.prefix ?? ""}`)) {
        yield { address, bytes: Buffer.byteLength(state), version: storedVersion(state) };
      }
    }
  }

  async read(address: string): Promise<Record<string, unknown> | undefined> {
    const { type, key } = parseAddress(address);
    const partition = await this.#directory.find(type, key);
    const [text] = await this.#ports.store.readStates(partition, [address]);
    return text === undefined ? undefined : storedValues(text);
  }

  pause(target: string): Promise<readonly string[]> {
    return this.#setPaused(target, true);
  }

  resume(target: string): Promise<readonly string[]> {
    return this.#setPaused(target, false);
  }

  async paused(): Promise<readonly string[]> {
    return (await this.#ports.store.namespace()).paused;
  }

  async erase(address: string): Promise<{ deadLetters: number }> {
    const { type, key } = parseAddress(address);
    const partition = await this.#directory.find(type, key);
    const target = callTarget(address, "ask", eraseHandler);
    const method = { handler: eraseHandler, target: { type, key, known: undefined } };
    const span = this.#tracing.on ? this.#tracing.ask(method) : undefined;
    await this.#tracing.follow(span, () =>
      this.#calls.ask(partition, target, "[]", { ...eraseDetails, span, trace: span?.headers }),
    );
    // By identity: after a crash the broker may hold two copies of one letter (delivery.md C.21).
    const ids = new Set<string>();
    for await (const letter of this.#ports.broker.deadLetters(type)) if (letter.address === address) ids.add(letter.id);
    return { deadLetters: ids.size };
  }

  async #setPaused(target: string, paused: boolean): Promise<readonly string[]> {
    const type = target.includes("/") ? parseAddress(target).type : target;
    checkType(type);
    // Refuses a type that nobody ever hosted: most likely a typing error, and nothing would be stopped.
    await this.#directory.mailbox(type);
    return (await this.#ports.store.pause(target, paused)).paused;
  }
}
