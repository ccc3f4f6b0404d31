import { checkType, encodeText, parseAddress, partitionsOf, UnsupportedError } from "@actor-runtime/core";
import type { ActorAdmin, NamedType } from "./actor-system.js";
import { carriedLocks } from "./client/carried-locks.js";
import type { Directory } from "./client/directory.js";
import type { OperatorCalls } from "./client/operator-calls.js";
import { poolKey } from "./client/stateless-target.js";
import { targetsOf } from "./paused.js";
import type { Ports } from "./ports.js";
import { compareAndSetHandler, eraseHandler, isSystemType } from "./system-handlers.js";
import { fieldsOf } from "./worker/compare-and-set.js";
import { stateDigest, storedValues, storedVersion } from "./worker/state.js";

/** `system.actors`: reads what is committed; what changes something goes through the actor's owner. */
export class StoredActors implements ActorAdmin {
  readonly #ports: Ports;
  readonly #directory: Directory;
  readonly #calls: OperatorCalls;

  constructor(ports: Ports, directory: Directory, calls: OperatorCalls) {
    this.#ports = ports;
    this.#directory = directory;
    this.#calls = calls;
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
    return (await this.load(address)).state;
  }

  async load(address: string): ReturnType<ActorAdmin["load"]> {
    const { type, key } = parseAddress(address);
    const partition = await this.#directory.find(type, key);
    const [text] = await this.#ports.store.readStates(partition, [address]);
    return { state: text === undefined ? undefined : storedValues(text), version: stateDigest(text) };
  }

  async compareAndSet(
    address: string,
    version: string,
    state: Readonly<Record<string, unknown>> | undefined,
  ): Promise<string> {
    if (state !== undefined) fieldsOf(address, state);
    const { type, key } = parseAddress(address);
    if (isSystemType(type)) {
      throw new UnsupportedError(`${address} belongs to the system, which alone sets its state; it can be erased`);
    }
    const argsText = `[${encodeText(version, "version")},${encodeText(state, "state")}]`;
    // At once where the mailbox is known, so that it keeps its place among the caller's other messages.
    const partition = this.#directory.partition(type, key) ?? (await this.#directory.find(type, key));
    return (await this.#calls.ask(partition, address, compareAndSetHandler, argsText, carriedLocks())) as string;
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
    await this.#calls.ask(partition, address, eraseHandler, "[]");
    // By identity: after a crash the broker may hold two copies of one letter (delivery.md C.21).
    const ids = new Set<string>();
    for await (const letter of this.#ports.broker.deadLetters(type)) if (letter.address === address) ids.add(letter.id);
    return { deadLetters: ids.size };
  }

  async #setPaused(target: string, paused: boolean): Promise<readonly string[]> {
    const to = target.includes("/") ? parseAddress(target) : { type: target, key: poolKey };
    checkType(to.type);
    // Refuses a type that nobody ever hosted: most likely a typing error, and nothing would be stopped.
    await this.#directory.reach(to);
    return (await this.#ports.store.pause(target, paused)).paused;
  }
}
