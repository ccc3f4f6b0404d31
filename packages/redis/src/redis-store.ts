import {
  type Answer,
  ClosedError,
  type CommitOutcome,
  type CommitRecord,
  type Lease,
  LostOwnershipError,
  type Mailbox,
  type NamespaceRecord as Namespace,
  type PartitionId,
  type PartitionImage,
  type Store,
} from "@actor-runtime/core";
import { addressOf, pickAnswer, tombstoneField } from "./answers.js";
import type { Barrier } from "./barrier.js";
import { commitArguments } from "./commit-arguments.js";
import type { Connection } from "./connection.js";
import { scanHash } from "./hash-scan.js";
import type { NamespaceKeys } from "./keys.js";
import type { NamespaceRecord } from "./namespace-record.js";
import { loadImage } from "./partition-image.js";
import type { Rewinds } from "./rewinds.js";
import { commit, commitRemovals } from "./scripts/commit.js";

/** What commits go through; reads and the record have a connection of their own, so that neither waits for the other. */
export interface CommitPath {
  readonly connection: Connection;
  readonly barrier: Barrier | undefined;
}

/** `Store` in Redis: all of a partition under one hash tag, each commit one script. */
export class RedisStore implements Store {
  readonly #commits: CommitPath;
  readonly #reads: Connection;
  readonly #keys: NamespaceKeys;
  readonly #record: NamespaceRecord;
  readonly #rewinds: Rewinds;
  #closed = false;

  constructor(commits: CommitPath, reads: Connection, keys: NamespaceKeys, record: NamespaceRecord, rewinds: Rewinds) {
    this.#commits = commits;
    this.#reads = reads;
    this.#keys = keys;
    this.#record = record;
    this.#rewinds = rewinds;
  }

  async load(partition: PartitionId, lease: Lease): Promise<PartitionImage> {
    this.#checkOpen();
    if (lease.name !== partition) {
      throw new LostOwnershipError(`the lease of ${lease.name} says nothing about ${partition}`);
    }
    const image = await loadImage(this.#reads, this.#keys.partition(partition), lease);
    return this.#rewinds.taken(partition, lease.fence, image.seq) ? { ...image, rewound: true } : image;
  }

  async commit(partition: PartitionId, record: CommitRecord): Promise<CommitOutcome> {
    this.#checkOpen();
    const { connection, barrier } = this.#commits;
    const { keys, args, removesOnly } = commitArguments(this.#keys.partition(partition), record);
    const mark = barrier?.mark();
    const answer = await connection.run(removesOnly ? commitRemovals : commit, keys, args);
    if (answer === 1 || answer === 2) {
      await mark?.passed();
      this.#rewinds.acknowledged(partition, record.seq);
      return answer === 1 ? "committed" : "already";
    }
    if (answer === 3) return "fenced";
    const [stored, taken] = answer as [string, string | null];
    await this.#rewinds.found({
      partition,
      fence: record.fence,
      acknowledged: record.seq - 1,
      stored: Number(stored),
      generation: taken === null ? undefined : Number(taken),
    });
    return "rewound";
  }

  async readStates(partition: PartitionId, addresses: readonly string[]): Promise<(string | undefined)[]> {
    this.#checkOpen();
    if (addresses.length === 0) return [];
    const states = await this.#reads.call("hmget", this.#keys.partition(partition).states, ...addresses);
    return (states as (string | null)[]).map((state) => state ?? undefined);
  }

  async readAnswers(partition: PartitionId, keys: readonly string[]): Promise<(Answer | undefined)[]> {
    this.#checkOpen();
    if (keys.length === 0) return [];
    const tombstones = keys.map((key) => tombstoneField(addressOf(key)));
    const generations = await Promise.all(
      this.#keys.partition(partition).answers.map(async (generation) => {
        const found = await this.#reads.call("hmget", generation, ...keys, ...tombstones);
        return found as (string | null)[];
      }),
    );
    return keys.map((key, index) =>
      pickAnswer(
        key,
        generations.map((found) => found[index]!),
        generations.map((found) => found[keys.length + index]!),
      ),
    );
  }

  async due(partition: PartitionId, until: number, limit: number): Promise<{ address: string; dueAt: number }[]> {
    this.#checkOpen();
    const { due } = this.#keys.partition(partition);
    const bounds = ["-inf", until === Number.POSITIVE_INFINITY ? "+inf" : String(until)];
    // As the RESP2 reply: members and scores in turn.
    const flat = (await this.#reads.call(
      "zrangebyscore",
      due,
      ...bounds,
      "WITHSCORES",
      "LIMIT",
      "0",
      String(limit),
    )) as string[];
    const found: { address: string; dueAt: number }[] = [];
    for (let i = 0; i < flat.length; i += 2) found.push({ address: flat[i]!, dueAt: Number(flat[i + 1]) });
    return found;
  }

  async *list(partition: PartitionId, prefix: string): AsyncIterable<{ address: string; state: string }> {
    this.#checkOpen();
    const listed = new Set<string>();
    for await (const [address, state] of scanHash(this.#reads, this.#keys.partition(partition).states, prefix)) {
      if (listed.has(address)) continue;
      listed.add(address);
      yield { address, state };
    }
  }

  async namespace(): Promise<Namespace> {
    this.#checkOpen();
    return this.#record.read();
  }

  async registerMailbox(mailbox: Mailbox, types: readonly string[]): Promise<Mailbox> {
    this.#checkOpen();
    return this.#record.register(mailbox, types);
  }

  async registerPools(pools: Readonly<Record<string, string>>): Promise<void> {
    this.#checkOpen();
    await this.#record.registerPools(pools);
  }

  async pause(target: string, paused: boolean): Promise<Namespace> {
    this.#checkOpen();
    return this.#record.pause(target, paused);
  }

  async adopt(): Promise<Namespace> {
    this.#checkOpen();
    return this.#record.adopt();
  }

  async time(): Promise<number> {
    this.#checkOpen();
    const [seconds, micros] = (await this.#reads.call("time")) as [string, string];
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #checkOpen(): void {
    if (this.#closed) throw new ClosedError("the store was closed");
  }
}
