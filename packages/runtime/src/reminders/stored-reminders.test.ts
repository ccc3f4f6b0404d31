import { type Mailbox, partitionId, partitionOf, type Reminder, type Store } from "@actor-runtime/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ReminderFilter, ReminderReport } from "./reminder-admin-types.js";
import { StoredReminders } from "./stored-reminders.js";

const now = 1_000;
const mailboxes = {
  shared: { partitions: 3, generation: 1 },
  Note: { partitions: 2, generation: 1 },
};
const types: Readonly<Record<string, keyof typeof mailboxes>> = { Account: "shared", Bill: "shared", Note: "Note" };

function reminder(dueAt: number, changes: Partial<Reminder> = {}): Reminder {
  return { id: "id", handler: "renew", args: ["private"], missed: "once", tick: 1, dueAt, ...changes };
}

/** What a store has of the reminders of these actors, and how many rows and states were read of it at a time. */
class Memory {
  readonly rows: number[] = [];
  readonly states: number[] = [];
  readonly #actors: ReadonlyMap<string, Readonly<Record<string, Reminder>>>;

  constructor(actors: ReadonlyMap<string, Readonly<Record<string, Reminder>>>) {
    this.#actors = actors;
  }

  get store(): Store {
    return {
      namespace: async () => ({ mailboxes, types, pools: {} }),
      due: async (partition: string, until: number, limit: number) => {
        this.rows.push(limit);
        return Array.from(this.#actors, ([address, reminders]) => ({
          address,
          dueAt: Math.min(...Object.values(reminders).map(({ dueAt }) => dueAt)),
        }))
          .filter((row) => partitionHaving(row.address) === partition && row.dueAt <= until)
          .toSorted((a, b) => a.dueAt - b.dueAt)
          .slice(0, limit);
      },
      readStates: async (partition: string, addresses: readonly string[]) => {
        this.states.push(addresses.length);
        return addresses.map((address) => {
          const reminders = this.#actors.get(address);
          return reminders && partitionHaving(address) === partition
            ? JSON.stringify({ version: 1, state: {}, reminders })
            : undefined;
        });
      },
    } as unknown as Store;
  }
}

function partitionHaving(address: string): string {
  const [type, key] = address.split("/") as [string, string];
  const name = types[type]!;
  const mailbox: Mailbox = { name, ...mailboxes[name] };
  return partitionId(mailbox, partitionOf(key, mailbox.partitions));
}

async function listed(store: Store, filter: ReminderFilter = {}): Promise<ReminderReport[]> {
  const found: ReminderReport[] = [];
  for await (const report of new StoredReminders(store).list(filter, now)) found.push(report);
  return found;
}

const times = fc.integer({ min: 0, max: 40 }).map((n) => n * 50);
const actor = fc.tuple(fc.constantFrom(...Object.keys(types)), fc.constantFrom("a", "b", "al", "alice", "z", "ß"));
const actors = fc.array(
  fc.tuple(
    actor,
    fc.dictionary(
      fc.constantFrom("x", "y", "z"),
      times.map((at) => reminder(at)),
      { minKeys: 1 },
    ),
  ),
);

describe("stored reminders", () => {
  it("are listed by time, whatever is asked for, however they are spread over actors and partitions", async () => {
    const filters = fc.record(
      {
        type: fc.constantFrom(...Object.keys(types)),
        address: actor.map(([type, key]) => `${type}/${key}`),
        prefix: fc.constantFrom("", "a", "al"),
        dueBefore: times,
        limit: fc.integer({ min: 1, max: 12 }),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(actors, filters, async (given, { type, address, ...rest }) => {
        const stored = new Map(given.map(([[of, key], reminders]) => [`${of}/${key}`, reminders]));
        const filter = address === undefined ? { ...(type !== undefined && { type }), ...rest } : { ...rest, address };
        const { prefix = "", dueBefore = Number.POSITIVE_INFINITY, limit = 1_000 } = rest;
        const chosen = (of: string) =>
          address === undefined
            ? (type === undefined || of.startsWith(`${type}/`)) && of.slice(of.indexOf("/") + 1).startsWith(prefix)
            : of === address;
        const all = [...stored].filter(([of]) => chosen(of)).flatMap(([, of]) => Object.values(of));
        const expected = all.map(({ dueAt }) => dueAt).filter((at) => at <= dueBefore);
        const found = await listed(new Memory(stored).store, filter);
        expect(found.map(({ dueAt }) => dueAt)).toEqual(expected.toSorted((a, b) => a - b).slice(0, limit));
        for (const report of found) {
          expect(chosen(report.address)).toBe(true);
          expect(stored.get(report.address)![report.name]!.dueAt).toBe(report.dueAt);
        }
        expect(new Set(found.map(({ address: of, name }) => `${of} ${name}`)).size).toBe(found.length);
      }),
      { numRuns: 300 },
    );
  });

  it("are told with all but their arguments", async () => {
    const all = {
      once: reminder(900, { tick: 3, missed: "all" }),
      weekly: reminder(1_000, { schedule: { every: 604_800_000, from: 400 } }),
      workdays: reminder(2_000, { schedule: { cron: "0 9 * * mon-fri", tz: "Europe/Berlin" }, missed: "skip" }),
      nightly: reminder(3_000, { schedule: { cron: "0 0 * * *" } }),
    };
    const rest = { address: "Account/alice", handler: "renew", missed: "once", tick: 1 };
    expect(await listed(new Memory(new Map([["Account/alice", all]])).store)).toEqual([
      { ...rest, name: "once", dueAt: 900, missed: "all", tick: 3, overdueMs: 100 },
      { ...rest, name: "weekly", dueAt: 1_000, every: 604_800_000 },
      { ...rest, name: "workdays", dueAt: 2_000, cron: "0 9 * * mon-fri", tz: "Europe/Berlin", missed: "skip" },
      { ...rest, name: "nightly", dueAt: 3_000, cron: "0 0 * * *" },
    ]);
  });

  it("P12: are read as they are asked for, some states at a time", async () => {
    const many = new Map(Array.from({ length: 1_000 }, (_, n) => [`Note/${n}`, { only: reminder(n) }]));
    const memory = new Memory(many);
    const first = await new StoredReminders(memory.store).list({}, now)[Symbol.asyncIterator]().next();
    expect(first).toMatchObject({ done: false, value: { address: "Note/0" } });
    expect(memory.states.reduce((sum, count) => sum + count)).toBe(50);
    expect(memory.rows).toEqual([1_000, 1_000, 1_000, 1_000, 1_000]);
    expect(await listed(memory.store)).toHaveLength(1_000);
  });

  it("of a type that shares its mailbox are found behind those of others", async () => {
    const others = Array.from({ length: 400 }, (_, n) => [`Bill/${n}`, { only: reminder(n) }] as const);
    const memory = new Memory(new Map([...others, ["Account/alice", { only: reminder(5_000) }] as const]));
    expect(await listed(memory.store, { type: "Account", limit: 3 })).toMatchObject([{ address: "Account/alice" }]);
    expect(Math.max(...memory.rows)).toBeLessThan(1_000);
  });

  it.each([
    [{ limit: 0 }, "limit: 0 must be a whole number above 0"],
    [{ limit: 1.5 }, "limit: 1.5 must be a whole number above 0"],
    [{ dueBefore: new Date("never") }, "dueBefore: it must be a time, in ms since 1970 or as a Date"],
    [{ type: "Nothing" }, 'no worker has ever hosted actors of type "Nothing"'],
    [{ address: "Account" }, "Account"],
  ])("refuse %j with the field and the fix", async (filter, message) => {
    await expect(listed(new Memory(new Map()).store, filter)).rejects.toThrow(message);
  });
});
