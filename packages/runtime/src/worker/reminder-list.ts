import { type Alarm, type PartitionId, type Reminder, type Tick } from "@actor-runtime/core";
import type { CommitGroup } from "./commit-group.js";

const tail = ',"reminders":';

/** The reminders of one actor by name, as they are stored with its state; never changed in place, and never empty. */
export class ReminderList {
  readonly byName: ReadonlyMap<string, Reminder>;
  #text: string | undefined;

  private constructor(byName: ReadonlyMap<string, Reminder>) {
    this.byName = byName;
  }

  /** `undefined`: there are none. */
  static of(byName: ReadonlyMap<string, Reminder>): ReminderList | undefined {
    return byName.size === 0 ? undefined : new ReminderList(byName);
  }

  /** Those in a stored text. */
  static in(text: string): ReminderList | undefined {
    // Most actors have none, and need not be parsed to see it.
    if (!text.includes(tail)) return undefined;
    const { reminders } = JSON.parse(text) as { reminders?: Readonly<Record<string, Reminder>> };
    return reminders && ReminderList.of(new Map(Object.entries(reminders)));
  }

  get text(): string {
    return (this.#text ??= JSON.stringify(Object.fromEntries(this.byName)));
  }

  /** When the earliest is due, in ms since 1970. */
  get dueAt(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.byName.values()) earliest = Math.min(earliest, dueAt);
    return earliest;
  }
}

/** With one reminder set, or removed (`undefined`). */
export function withReminder(
  list: ReminderList | undefined,
  name: string,
  reminder: Reminder | undefined,
): ReminderList | undefined {
  const byName = new Map(list?.byName);
  if (reminder === undefined) byName.delete(name);
  else byName.set(name, reminder);
  return ReminderList.of(byName);
}

/** The record of a tick; `undefined`: the actor expects another one, or none. */
export function expected(list: ReminderList | undefined, { name, id, number }: Tick): Reminder | undefined {
  const reminder = list?.byName.get(name);
  return reminder?.id === id && reminder.tick === number ? reminder : undefined;
}

/** What finds repeats of a tick. */
export function tickIdentity({ name, id, number }: Tick): string {
  return `r:${name}:${id}:${number}`;
}

/** The end of a state's text: its reminders, and the brace. */
export function textEnd(list: ReminderList | undefined): string {
  return list === undefined ? "}" : `${tail}${list.text}}`;
}

/** What an alarm says: who is to be called, and for which tick. */
export interface Hint {
  readonly to: string;
  readonly handler: string;
  readonly tick: Tick;
  readonly dueAt: number;
}

/** What the text of an alarm says; `undefined`: it is none of ours. Whoever may write to the clock may set such an alarm. */
export function hintIn(text: string): Hint | undefined {
  let hint: Partial<Hint> | null;
  try {
    hint = JSON.parse(text) as Partial<Hint> | null;
  } catch {
    return undefined;
  }
  const { to, handler, tick } = hint ?? {};
  const { name, id, number } = tick ?? {};
  const texts = [to, handler, name, id].every((part) => typeof part === "string");
  return texts && Number.isSafeInteger(number) ? (hint as Hint) : undefined;
}

export function hintOf(to: string, name: string, { id, tick, handler, dueAt }: Reminder): Hint {
  return { to, handler, tick: { name, id, number: tick }, dueAt };
}

/**
 * Alarms and index follow the records with the commit of these.
 *
 * @param now ms since 1970
 */
export function arm(
  partition: PartitionId,
  address: string,
  before: ReminderList | undefined,
  after: ReminderList | undefined,
  group: CommitGroup,
  now: number,
): void {
  group.due(address, after?.dueAt);
  for (const [name, reminder] of after?.byName ?? []) {
    const known = before?.byName.get(name);
    const isSet = known?.id === reminder.id && known.tick === reminder.tick;
    if (!isSet) group.ring(alarmOf(partition, address, name, reminder));
  }
  for (const [name, { id, tick, dueAt }] of before?.byName ?? []) {
    // What is due has rung, or is about to and finds nothing: to silence it would cost as much as to set it.
    if (dueAt > now && after?.byName.get(name)?.id !== id) group.silence(alarmId(id, tick));
  }
}

function alarmOf(partition: PartitionId, address: string, name: string, reminder: Reminder): Alarm {
  const { id, tick, dueAt } = reminder;
  return { id: alarmId(id, tick), partition, dueAt, hint: JSON.stringify(hintOf(address, name, reminder)) };
}

function alarmId(id: string, tick: number): string {
  return `${id}-${tick}`;
}
