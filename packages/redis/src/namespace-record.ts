import {
  ConfigError,
  type NamespaceRecord as Content,
  type Logger,
  type Mailbox,
  type Random,
  wireVersion,
} from "@actor-runtime/core";
import type { Connection } from "./connection.js";
import type { NamespaceKeys } from "./keys.js";
import { openRecord, raiseGeneration } from "./scripts/namespace.js";

/** The record that ties broker and store together, one hash per namespace (delivery.md A.5). */
export class NamespaceRecord {
  readonly #connection: Connection;
  readonly #key: string;
  readonly #namespace: string;
  readonly #random: Random;
  readonly #log: Logger;

  constructor(connection: Connection, keys: NamespaceKeys, random: Random, log: Logger) {
    this.#connection = connection;
    this.#key = keys.record;
    this.#namespace = keys.namespace;
    this.#random = random;
    this.#log = log;
  }

  /**
   * Makes the record if there is none, and compares what the servers say they are with what it knows: a server that was
   * restarted, restored or replaced may have lost writes, so the generation rises and every partition is taken over anew.
   *
   * @throws ConfigError when the messages of this namespace are of a version that is not known here
   */
  async open(replids: readonly string[]): Promise<void> {
    const wire = String(wireVersion);
    const answer = await this.#connection.run(openRecord, [this.#key], [this.#random.id(), wire, ...replids]);
    const [generation, recorded, changed] = (answer as string[]).map(Number) as [number, number, number];
    if (changed === 1) {
      this.#log.warn(
        { namespace: this.#namespace, generation },
        "the store was restarted, restored or replaced since it was last seen; every partition is taken over anew",
      );
    }
    if (recorded > wireVersion) {
      throw new ConfigError(
        `namespace "${this.#namespace}" speaks wire version ${recorded}, this process knows ${wireVersion}: install a newer actor-runtime here`,
      );
    }
    if (recorded < wireVersion - 1) {
      throw new ConfigError(
        `namespace "${this.#namespace}" speaks wire version ${recorded}, this process needs ${wireVersion - 1} or ${wireVersion}: upgrade its workers one version at a time`,
      );
    }
  }

  async read(): Promise<Content> {
    const fields = (await this.#connection.call("hgetall", this.#key)) as Readonly<Record<string, string>>;
    if (fields.storeId !== undefined) return parseRecord(fields);
    // Its keys were deleted under us.
    await this.open([]);
    return this.read();
  }

  async generation(): Promise<number> {
    const generation = await this.#connection.call("hget", this.#key, "generation");
    return generation === null ? (await this.read()).generation : Number(generation);
  }

  async register({ name, partitions, generation }: Mailbox, types: readonly string[]): Promise<Mailbox> {
    await this.#connection.call("hsetnx", this.#key, `mailbox:${name}`, `${partitions}:${generation}`);
    const hosted = types.flatMap((type) => [`type:${type}`, name]);
    if (hosted.length > 0) await this.#connection.call("hset", this.#key, ...hosted);
    const recorded = await this.#connection.call("hget", this.#key, `mailbox:${name}`);
    return { name, ...parseMailbox(recorded as string) };
  }

  async registerPools(pools: Readonly<Record<string, string>>): Promise<void> {
    const fields = Object.entries(pools).flatMap(([type, balance]) => [`pool:${type}`, balance]);
    if (fields.length > 0) await this.#connection.call("hset", this.#key, ...fields);
  }

  async pause(target: string, paused: boolean): Promise<Content> {
    if (paused) await this.#connection.call("hset", this.#key, `paused:${target}`, "1");
    else await this.#connection.call("hdel", this.#key, `paused:${target}`);
    return this.read();
  }

  async adopt(): Promise<Content> {
    await this.raiseAbove(await this.generation());
    return this.read();
  }

  /** At least one more than `generation`; many who ask for the same raise it once. */
  async raiseAbove(generation: number): Promise<void> {
    await this.#connection.run(raiseGeneration, [this.#key], [String(generation + 1)]);
  }
}

function parseRecord(fields: Readonly<Record<string, string>>): Content {
  const mailboxes: [string, { partitions: number; generation: number }][] = [];
  const types: [string, string][] = [];
  const pools: [string, string][] = [];
  const paused: string[] = [];
  for (const [field, value] of Object.entries(fields)) {
    const name = field.slice(field.indexOf(":") + 1);
    if (field.startsWith("mailbox:")) mailboxes.push([name, parseMailbox(value)]);
    else if (field.startsWith("type:")) types.push([name, value]);
    else if (field.startsWith("pool:")) pools.push([name, value]);
    else if (field.startsWith("paused:")) paused.push(name);
  }
  return {
    storeId: fields.storeId ?? "",
    generation: Number(fields.generation),
    wire: Number(fields.wire),
    mailboxes: Object.fromEntries(mailboxes),
    types: Object.fromEntries(types),
    pools: Object.fromEntries(pools),
    paused,
  };
}

function parseMailbox(text: string): { partitions: number; generation: number } {
  const [partitions, generation] = text.split(":").map(Number) as [number, number];
  return { partitions, generation };
}
