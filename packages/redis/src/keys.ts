import type { Destination, PartitionId } from "@actor-runtime/core";

/** A name of Redis: namespaces hold no colon and no brace, so no two of these functions ever make the same key. */
type Key = string;

/** Keys of one partition, all under one hash tag, so that one script may touch them in a Redis Cluster (delivery.md A.5). */
export class PartitionKeys {
  /** Hash: who owns the partition, its last commit number, and the bookkeeping of its answers. */
  readonly own: Key;
  /** Hash: address → state. */
  readonly states: Key;
  /** Hash: stream → row. */
  readonly rows: Key;
  /** Hashes: answer key → answer. Two generations that take turns. */
  readonly answers: readonly [Key, Key];
  /** Hash: address → how many messages are stored for it. */
  readonly parked: Key;
  /** Hash: target → last number given. */
  readonly outNumbers: Key;
  /** Hash: target → number up to which its first chunk is confirmed. */
  readonly outTrimmed: Key;
  /** Hash: id → reminder. */
  readonly reminders: Key;
  /** Sorted set: address → when its earliest reminder is due, ms since 1970. */
  readonly due: Key;
  /** Hash: identity → attempt mark. */
  readonly marks: Key;
  readonly holds: Key;
  readonly #tag: string;

  constructor(namespace: string, partition: PartitionId) {
    this.#tag = `{${namespace}:${partition}}:`;
    this.own = `${this.#tag}own`;
    this.states = `${this.#tag}states`;
    this.rows = `${this.#tag}rows`;
    this.answers = [`${this.#tag}ans:0`, `${this.#tag}ans:1`];
    this.parked = `${this.#tag}parked`;
    this.outNumbers = `${this.#tag}outn`;
    this.outTrimmed = `${this.#tag}outt`;
    this.reminders = `${this.#tag}rem`;
    this.due = `${this.#tag}due`;
    this.marks = `${this.#tag}marks`;
    this.holds = `${this.#tag}holds`;
  }

  /** List: messages stored for an actor, in order. */
  park(address: string): Key {
    return `${this.#tag}park:${address}`;
  }

  /** List: chunks of the outbox of a target, oldest first, each behind its last number. */
  out(target: Destination): Key {
    return `${this.#tag}out:${target}`;
  }
}

/** Keys of a namespace's locks, all under one hash tag: every script touches a lock, its session and what all locks share. */
export class LockKeys {
  /** The highest fence any lock was given. */
  readonly floor: Key;
  /** Sorted set: name of a lock that is held → when its record expires, µs of the store's clock. */
  readonly index: Key;
  /** Hash: which run of the server wrote it, and since when it is there, µs of its clock. */
  readonly memory: Key;
  /** Channel, not a key: word of broken locks. */
  readonly changes: string;
  readonly #tag: string;

  constructor(namespace: string) {
    this.#tag = `{${namespace}:locks}:`;
    this.floor = `${this.#tag}floor`;
    this.index = `${this.#tag}index`;
    this.memory = `${this.#tag}memory`;
    this.changes = changesOf(namespace);
  }

  /** Hash: who holds a lock; gone when nobody does. */
  record(name: string): Key {
    return `${this.#tag}held:${name}`;
  }

  /** When a session ends, µs of the store's clock; gone when it has ended. */
  session(id: string): Key {
    return `${this.#tag}session:${id}`;
  }
}

/** Keys of a namespace apart from its partitions and its locks. */
export class NamespaceKeys {
  readonly namespace: string;
  /** Hash: the namespace's record. */
  readonly record: Key;
  /** Hash: id → member. */
  readonly members: Key;
  /** Sorted set: id → when its time runs out, µs of the store's clock. */
  readonly memberEnds: Key;
  /** Version of the view. */
  readonly viewVersion: Key;
  /** Hash: mailbox → placement. */
  readonly placements: Key;
  /** Channel, not a key: hints of changes, and questions to members. */
  readonly changes: string;
  /** Written before a barrier so that the barrier covers all that came before it. */
  readonly barrier: Key;
  readonly #partitions = new Map<PartitionId, PartitionKeys>();

  constructor(namespace: string) {
    this.namespace = namespace;
    this.record = `{${namespace}}:record`;
    this.members = `{${namespace}}:members`;
    this.memberEnds = `{${namespace}}:members:until`;
    this.viewVersion = `{${namespace}}:view`;
    this.placements = `{${namespace}}:placements`;
    this.changes = changesOf(namespace);
    this.barrier = `{${namespace}}:barrier`;
  }

  partition(id: PartitionId): PartitionKeys {
    let keys = this.#partitions.get(id);
    if (keys === undefined) {
      keys = new PartitionKeys(this.namespace, id);
      this.#partitions.set(id, keys);
    }
    return keys;
  }

  /** List: what members responded to a question. */
  responses(question: string): Key {
    return `{${this.namespace}}:responses:${question}`;
  }
}

function changesOf(namespace: string): string {
  return `${namespace}:changes`;
}
