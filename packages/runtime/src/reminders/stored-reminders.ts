import {
  ConfigError,
  formatAddress,
  type PartitionId,
  parseAddress,
  partitionsOf,
  type Reminder,
  type Store,
} from "@actor-runtime/core";
import { Directory } from "../client/directory.js";
import { ReminderList } from "../worker/reminder-list.js";
import type { ReminderFilter, ReminderReport } from "./reminder-admin-types.js";

const defaultLimit = 1_000;
/** So many states are in memory at a time. */
const statesAtOnce = 50;

/** An actor that has reminders, as the index says. */
interface DueActor {
  readonly partition: PartitionId;
  readonly address: string;
  readonly dueAt: number;
}

/** Reminders as they are committed, read from the store alone. */
export class StoredReminders {
  readonly #store: Store;
  readonly #directory: Directory;

  constructor(store: Store, directory = new Directory(store)) {
    this.#store = store;
    this.#directory = directory;
  }

  /**
   * The earliest due first. The earliest `limit` reminders belong to the `limit` actors whose first one is due earliest, and
   * those are what the index has.
   *
   * @param now in ms since 1970, by the store's clock
   * @throws as `ReminderAdmin.list`
   */
  async *list(filter: ReminderFilter, now: number): AsyncGenerator<ReminderReport> {
    const { dueBefore = Number.POSITIVE_INFINITY, limit = defaultLimit } = filter;
    const until = Number(dueBefore);
    if (Number.isNaN(until)) throw new ConfigError("dueBefore: it must be a time, in ms since 1970 or as a Date");
    if (!(Number.isSafeInteger(limit) && limit > 0)) {
      throw new ConfigError(`limit: ${limit} must be a whole number above 0`);
    }
    const actors = await this.#actors(filter, until, limit);
    let left = limit;
    /** Read, and not known to be next: actors that are due later may come between them. */
    let waiting: ReminderReport[] = [];
    for (let start = 0; start < actors.length && left > 0; start += statesAtOnce) {
      const found = await this.#reports(actors.slice(start, start + statesAtOnce), now);
      const asked = found.filter(({ dueAt }) => dueAt <= until);
      waiting = [...waiting, ...asked].sort(inOrderOfTime).slice(0, left);
      const next = actors[start + statesAtOnce]?.dueAt ?? Number.POSITIVE_INFINITY;
      const later = waiting.findIndex(({ dueAt }) => dueAt > next);
      const ready = waiting.splice(0, later < 0 ? waiting.length : later);
      left -= ready.length;
      yield* ready;
    }
  }

  /** Whose reminders may be asked for, in the order of the first of each. */
  async #actors({ address, type, prefix = "" }: ReminderFilter, until: number, limit: number): Promise<DueActor[]> {
    if (address !== undefined) {
      const { type: of, key } = parseAddress(address);
      const partition = await this.#directory.find(of, key);
      return [{ partition, address: formatAddress(of, key), dueAt: until }];
    }
    const isAsked = (found: string) => {
      const { type: of, key } = parseAddress(found);
      return (type === undefined || of === type) && key.startsWith(prefix);
    };
    let actors: DueActor[] = [];
    for (const partition of await this.#partitions(type)) {
      const found = await this.#earliest(partition, until, limit, isAsked);
      actors = [...actors, ...found].sort(inOrderOfTime).slice(0, limit);
    }
    return actors;
  }

  async #partitions(type: string | undefined): Promise<PartitionId[]> {
    if (type !== undefined) return partitionsOf(await this.#directory.mailbox(type));
    const { mailboxes } = await this.#store.namespace();
    return Object.entries(mailboxes).flatMap(([name, mailbox]) => partitionsOf({ name, ...mailbox }));
  }

  async #earliest(
    partition: PartitionId,
    until: number,
    limit: number,
    isAsked: (address: string) => boolean,
  ): Promise<DueActor[]> {
    for (let rows = limit; ; rows *= 4) {
      const due = await this.#store.due(partition, until, rows);
      const asked = due.filter(({ address }) => isAsked(address));
      if (asked.length < limit && due.length === rows) continue;
      return asked.slice(0, limit).map((row) => ({ partition, ...row }));
    }
  }

  async #reports(actors: readonly DueActor[], now: number): Promise<ReminderReport[]> {
    const byPartition = new Map<PartitionId, string[]>();
    for (const { partition, address } of actors) {
      const addresses = byPartition.get(partition);
      if (addresses) addresses.push(address);
      else byPartition.set(partition, [address]);
    }
    const found = await Promise.all(
      Array.from(byPartition, async ([partition, addresses]) => {
        const states = await this.#store.readStates(partition, addresses);
        return addresses.flatMap((address, index) => reportsIn(address, states[index], now));
      }),
    );
    return found.flat();
  }
}

function reportsIn(address: string, state: string | undefined, now: number): ReminderReport[] {
  const list = state === undefined ? undefined : ReminderList.in(state);
  return Array.from(list?.byName ?? [], ([name, reminder]) => reportOf(address, name, reminder, now));
}

function reportOf(address: string, name: string, reminder: Reminder, now: number): ReminderReport {
  const { handler, dueAt, schedule, missed, tick } = reminder;
  return {
    ...{ address, name, handler, dueAt },
    ...(schedule && ("every" in schedule ? { every: schedule.every } : cronOf(schedule))),
    ...{ missed, tick },
    ...(dueAt < now && { overdueMs: Math.round(now - dueAt) }),
  };
}

function cronOf({ cron, tz }: { readonly cron: string; readonly tz?: string | undefined }) {
  return tz === undefined ? { cron } : { cron, tz };
}

/** Those of one time by address and name, so that two looks are alike. */
function inOrderOfTime(a: Timed, b: Timed): number {
  return a.dueAt - b.dueAt || order(a.address, b.address) || order(a.name ?? "", b.name ?? "");
}

interface Timed {
  readonly address: string;
  readonly dueAt: number;
  readonly name?: string;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
