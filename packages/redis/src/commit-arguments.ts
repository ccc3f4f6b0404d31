import type { CommitRecord, Destination, OutboxEntry } from "@actor-runtime/core";
import { answerField, tombstoneField } from "./answers.js";
import type { PartitionKeys } from "./keys.js";
import { outboxChunks } from "./outbox-chunks.js";

export interface CommitArguments {
  readonly keys: readonly string[];
  readonly args: readonly string[];
  /** Nothing is added: the commit makes room. */
  readonly removesOnly: boolean;
}

/** Flat texts in sections that begin with their length: what Lua can hand on without looking at it. */
export function commitArguments(keys: PartitionKeys, record: CommitRecord): CommitArguments {
  const states = changes(
    record.states,
    ({ address }) => address,
    ({ state }) => state,
  );
  const rows = changes(
    record.rows,
    ({ stream }) => stream,
    ({ row }) => row,
  );
  const floor = record.floor === undefined ? "" : String(record.floor);
  const args = [String(record.fence), record.nonce, String(record.seq), floor, String(record.answerRetentionMs)];
  section(args, states.set);
  section(args, rows.set);
  section(args, answerFields(record));
  section(args, record.settled);
  const names = [keys.own, keys.states, keys.rows, ...keys.answers];

  const reminders = changes(
    record.reminders,
    ({ id }) => id,
    ({ reminder }) => reminder && `${reminder.dueAt}:${reminder.text}`,
  );
  const marks = changes(
    record.marks,
    ({ identity }) => identity,
    ({ mark }) => mark,
  );
  const holds = changes(
    record.holds,
    ({ address }) => address,
    ({ hold }) => hold,
  );
  const due = dueChanges(record);
  const lists = record.stored.length + record.out.length + record.outTrim.length;
  const tables = [reminders, marks, holds, due];
  const fields = [states.deleted, rows.deleted, ...tables.flatMap(({ set, deleted }) => [set, deleted])];
  if (lists > 0 || fields.some(({ length }) => length > 0)) {
    names.push(keys.parked, keys.outNumbers, keys.outTrimmed, keys.reminders, keys.marks, keys.holds, keys.due);
    section(args, states.deleted);
    section(args, rows.deleted);
    storedSections(names, args, keys, record);
    outboxSections(names, args, keys, record);
    for (const { set, deleted } of tables) {
      section(args, set);
      section(args, deleted);
    }
  }
  const added = [states.set, rows.set, record.answers, record.out, ...tables.map(({ set }) => set)];
  const removesOnly =
    added.every(({ length }) => length === 0) &&
    record.stored.every(({ unshift, push }) => unshift.length + push.length === 0);
  return { keys: names, args, removesOnly };
}

function answerFields({ erased, answers, seq }: CommitRecord): string[] {
  const fields: string[] = [];
  for (const address of erased) fields.push(tombstoneField(address), String(seq));
  for (const answer of answers) fields.push(answer.key, answerField(answer, seq));
  return fields;
}

function storedSections(names: string[], args: string[], keys: PartitionKeys, { stored }: CommitRecord): void {
  args.push(String(stored.length));
  for (const { address, shift, unshift, push } of stored) {
    names.push(keys.park(address));
    args.push(address, String(shift));
    // LPUSH puts each before the one before it.
    section(args, unshift.toReversed());
    section(args, push);
  }
}

function outboxSections(names: string[], args: string[], keys: PartitionKeys, { out, outTrim }: CommitRecord): void {
  const targets = byTarget(out);
  args.push(String(targets.size));
  for (const [target, entries] of targets) {
    names.push(keys.out(target));
    args.push(target, String(entries.at(-1)!.number));
    section(args, outboxChunks(entries));
  }
  args.push(String(outTrim.length));
  for (const { target, upTo } of outTrim) {
    names.push(keys.out(target));
    args.push(target, String(upTo));
  }
}

function section(args: string[], values: readonly string[]): void {
  args.push(String(values.length));
  for (const value of values) args.push(value);
}

/** Fields to set with their values, and fields to delete. */
function changes<W>(
  writes: readonly W[],
  field: (write: W) => string,
  value: (write: W) => string | undefined,
): { readonly set: string[]; readonly deleted: string[] } {
  const set: string[] = [];
  const deleted: string[] = [];
  for (const write of writes) {
    const text = value(write);
    if (text === undefined) deleted.push(field(write));
    else set.push(field(write), text);
  }
  return { set, deleted };
}

/** As {@link changes}, each score before its member. */
function dueChanges({ due }: CommitRecord): { readonly set: string[]; readonly deleted: string[] } {
  const set: string[] = [];
  const deleted: string[] = [];
  for (const { address, dueAt } of due) {
    if (dueAt === undefined) deleted.push(address);
    else set.push(String(dueAt), address);
  }
  return { set, deleted };
}

function byTarget(entries: readonly OutboxEntry[]): Map<Destination, OutboxEntry[]> {
  const targets = new Map<Destination, OutboxEntry[]>();
  for (const entry of entries) {
    const list = targets.get(entry.target);
    if (list === undefined) targets.set(entry.target, [entry]);
    else list.push(entry);
  }
  return targets;
}
