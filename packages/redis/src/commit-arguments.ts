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

/** Flat strings and lengths: what Lua can hand on without looking at it. */
export function commitArguments(keys: PartitionKeys, record: CommitRecord): CommitArguments {
  const lists = [
    keys.own,
    keys.states,
    keys.rows,
    ...keys.answers,
    keys.parked,
    keys.outNumbers,
    keys.outTrimmed,
    keys.reminders,
    keys.marks,
  ];
  const floor = record.floor === undefined ? "" : String(record.floor);
  const head = [String(record.fence), record.nonce, String(record.seq), floor, String(record.answerRetentionMs)];
  const sections = new Sections(head);

  sections.puts(
    record.states,
    (write) => write.address,
    (write) => write.state,
  );
  sections.puts(
    record.rows,
    (write) => write.stream,
    (write) => write.row,
  );

  const seq = String(record.seq);
  const answers: string[] = [];
  for (const address of record.erased) answers.push(tombstoneField(address), seq);
  for (const answer of record.answers) answers.push(answer.key, answerField(answer, record.seq));
  sections.section(answers);
  sections.added += record.answers.length;
  sections.section(record.settled);

  sections.one(record.stored.length);
  for (const { address, shift, unshift, push } of record.stored) {
    lists.push(keys.park(address));
    sections.one(address);
    sections.one(shift);
    // LPUSH puts each before the one before it.
    sections.section(unshift.toReversed());
    sections.section(push);
    sections.added += unshift.length + push.length;
  }

  const out = byTarget(record.out);
  sections.one(out.size);
  for (const [target, entries] of out) {
    lists.push(keys.out(target));
    sections.one(target);
    sections.one(entries.at(-1)!.number);
    sections.section(outboxChunks(entries));
    sections.added += entries.length;
  }
  sections.one(record.outTrim.length);
  for (const { target, upTo } of record.outTrim) {
    lists.push(keys.out(target));
    sections.one(target);
    sections.one(upTo);
  }

  sections.puts(
    record.reminders,
    ({ id }) => id,
    ({ reminder }) => reminder && `${reminder.dueAt}:${reminder.text}`,
  );
  sections.puts(
    record.marks,
    (write) => write.identity,
    (write) => write.mark,
  );
  return { keys: lists, args: sections.args, removesOnly: sections.added === 0 };
}

class Sections {
  readonly args: string[];
  /** How much is added to the store. */
  added = 0;

  constructor(head: readonly string[]) {
    this.args = [...head];
  }

  one(value: string | number): void {
    this.args.push(String(value));
  }

  section(values: readonly string[]): void {
    this.args.push(String(values.length));
    for (const value of values) this.args.push(value);
  }

  /** Fields to set and their values, then fields to delete. */
  puts<W>(writes: readonly W[], field: (write: W) => string, value: (write: W) => string | undefined): void {
    const { args } = this;
    const at = args.push("") - 1;
    const deleted: string[] = [];
    for (const write of writes) {
      const text = value(write);
      if (text === undefined) deleted.push(field(write));
      else args.push(field(write), text);
    }
    const set = args.length - at - 1;
    args[at] = String(set);
    this.added += set;
    this.section(deleted);
  }
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
