import {
  type Answer,
  answerKey,
  type CommitRecord,
  type Destination,
  type OutboxEntry,
  type PartitionImage,
} from "@actor-runtime/core";

/** Kept answers by address and identity; `keepMs` is the longest retention asked for by a commit that wrote into it. */
interface AnswerGeneration {
  readonly answers: Map<string, Answer>;
  keepMs: number;
}

/** Everything stored of one partition (delivery.md A.5), apart from who owns it. */
export interface PartitionRecord {
  readonly states: Map<string, string>;
  readonly rows: Map<string, string>;
  floor: number;
  young: AnswerGeneration;
  old: AnswerGeneration;
  /** When the young generation began, in ms of the world's monotonic clock. */
  youngSince: number;
  readonly stored: Map<string, string[]>;
  readonly reminders: Map<string, { readonly dueAt: number; readonly text: string }>;
  readonly outbox: Map<Destination, OutboxEntry[]>;
  readonly outNumbers: Map<Destination, number>;
  readonly holds: Map<string, string>;
  readonly marks: Map<string, string>;
  readonly due: Map<string, number>;
}

export function emptyPartition(now: number): PartitionRecord {
  return {
    states: new Map(),
    rows: new Map(),
    floor: 0,
    young: { answers: new Map(), keepMs: 0 },
    old: { answers: new Map(), keepMs: 0 },
    youngSince: now,
    stored: new Map(),
    reminders: new Map(),
    outbox: new Map(),
    outNumbers: new Map(),
    holds: new Map(),
    marks: new Map(),
    due: new Map(),
  };
}

/** Step 5 of a commit: writes everything. Nothing in here can fail half-way. */
export function write(partition: PartitionRecord, record: CommitRecord, now: number): void {
  for (const { address, state } of record.states) put(partition.states, address, state);
  for (const { stream, row } of record.rows) put(partition.rows, stream, row);
  if (record.floor !== undefined) partition.floor = record.floor;
  for (const address of record.erased) forgetAnswers(partition, address);
  writeAnswers(partition, record, now);
  for (const { address, shift, unshift, push } of record.stored) {
    const list = listOf(partition.stored, address);
    list.splice(0, shift, ...unshift);
    for (const message of push) list.push(message);
    if (list.length === 0) partition.stored.delete(address);
  }
  for (const { id, reminder } of record.reminders) put(partition.reminders, id, reminder);
  for (const entry of record.out) {
    listOf(partition.outbox, entry.target).push(entry);
    partition.outNumbers.set(entry.target, entry.number);
  }
  for (const { target, upTo } of record.outTrim) trim(partition.outbox, target, upTo);
  for (const { address, hold } of record.holds) put(partition.holds, address, hold);
  for (const { address, dueAt } of record.due) put(partition.due, address, dueAt);
  for (const { identity, mark } of record.marks) put(partition.marks, identity, mark);
}

function forgetAnswers(partition: PartitionRecord, address: string): void {
  const prefix = answerKey(address, "");
  for (const { answers } of [partition.young, partition.old]) {
    for (const key of answers.keys()) if (key.startsWith(prefix)) answers.delete(key);
  }
}

export function readAnswer(partition: PartitionRecord, key: string): Answer | undefined {
  return partition.young.answers.get(key) ?? partition.old.answers.get(key);
}

/** What a new owner loads: copies, so that later commits do not show through. */
export function image(partition: PartitionRecord, seq: number, rewound: boolean): PartitionImage {
  return {
    seq,
    rewound,
    rows: new Map(partition.rows),
    floor: partition.floor,
    stored: new Map(Array.from(partition.stored, ([address, list]) => [address, [...list]])),
    reminders: new Map(partition.reminders),
    outbox: [...partition.outbox.values()].flat(),
    outNumbers: new Map(partition.outNumbers),
    holds: new Map(partition.holds),
    marks: new Map(partition.marks),
  };
}

/**
 * Two generations: the older is dropped whole when no answer in it is owed to anybody any more, so forgetting costs
 * nothing per answer and an answer lives one to two times its retention.
 */
function writeAnswers(partition: PartitionRecord, record: CommitRecord, now: number): void {
  if (now - partition.youngSince > Math.max(record.answerRetentionMs, partition.old.keepMs)) {
    partition.old = partition.young;
    partition.young = { answers: new Map(), keepMs: 0 };
    partition.youngSince = now;
  }
  if (record.answers.length > 0) {
    partition.young.keepMs = Math.max(partition.young.keepMs, record.answerRetentionMs);
    for (const answer of record.answers) partition.young.answers.set(answer.key, answer);
  }
  for (const key of record.settled) {
    if (!partition.young.answers.delete(key)) partition.old.answers.delete(key);
  }
}

function trim(outbox: Map<Destination, OutboxEntry[]>, target: Destination, upTo: number): void {
  const entries = outbox.get(target);
  if (entries === undefined) return;
  const left = entries.findIndex((entry) => entry.number > upTo);
  if (left === -1) outbox.delete(target);
  else entries.splice(0, left);
}

function put<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function listOf<K, V>(map: Map<K, V[]>, key: K): V[] {
  let list = map.get(key);
  if (list === undefined) {
    list = [];
    map.set(key, list);
  }
  return list;
}
