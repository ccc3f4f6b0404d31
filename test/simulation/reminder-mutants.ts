import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { MissedPolicy, Reminder, Store, Tick } from "@actor-runtime/core";
import type { Ports } from "@actor-runtime/runtime";
import type { Mutant, Undo } from "./mutant.js";

export const reminderMutants: readonly Mutant[] = [
  {
    title: "a tick whose reminder is replaced runs the new one",
    within: 5,
    breakCode: () => ticks("refusal", ofAnyId),
  },
  {
    title: "the number of a tick is not compared",
    within: 5,
    breakCode: () => ticks("refusal", ofAnyNumber),
  },
  { title: "a one-shot reminder stays", within: 5, breakCode: () => ticks("advance", staying) },
  { title: "all missed ticks are one", within: 25, breakCode: () => ticks("advance", treating("all", "once")) },
  { title: "each missed tick runs", within: 15, breakCode: () => ticks("advance", treating("once", "all")) },
  {
    title: "nobody looks for lost alarms",
    within: 5,
    breakCode: () => patched("worker/tick-sweep", "TickSweep", "run", () => async () => {}),
  },
  {
    title: "alarms are not set",
    within: 5,
    breakCode: () => patched("reminders/alarm-clock", "AlarmClock", "set", idle),
  },
  {
    title: "reminders of a turn that failed, or a transaction that aborted, stay",
    within: 5,
    breakCode: () => patched("worker/activation", "Activation", "restore", keepingReminders),
  },
  { title: "the store is not told what is due", within: 5, make: () => overStore(() => withoutDue) },
  { title: "the record goes on with a later commit than its tick", within: 5, make: () => overStore(recordsLate) },
];

// ---- in the ports

type Commit = (store: Store) => Store["commit"];

/** @param make what all processes share is made once */
function overStore(make: () => Commit): (ports: Ports) => Ports {
  const commit = make();
  return (ports) => ({ ...ports, store: replaced(ports.store, { commit: commit(ports.store) }) });
}

function replaced<T extends object>(port: T, part: Partial<T>): T {
  return new Proxy(port, {
    get(_, key) {
      const member: unknown = Reflect.get(key in part ? part : port, key);
      return typeof member === "function" ? member.bind(port) : member;
    },
  });
}

function withoutDue(store: Store): Store["commit"] {
  return (partition, record) => store.commit(partition, { ...record, due: [] });
}

interface Stored {
  readonly reminders?: Readonly<Record<string, Reminder>>;
}

/** What an actor's reminders are is stored when it commits the next time. */
function recordsLate(): Commit {
  const known = new Map<string, Stored["reminders"]>();
  return (store) => (partition, record) => {
    const states = record.states.map((write) => {
      if (write.state === undefined) return write;
      const { reminders, ...state } = JSON.parse(write.state) as Stored;
      const before = known.get(write.address);
      known.set(write.address, reminders);
      return { ...write, state: JSON.stringify({ ...state, ...(before && { reminders: before }) }) };
    });
    return store.commit(partition, { ...record, states });
  };
}

// ---- in classes that no package exports

// oxlint-disable-next-line typescript/no-explicit-any
type Work = (this: unknown, ...args: any[]) => unknown;

async function patched(path: string, type: string, name: string, broken: (original: Work) => Work): Promise<Undo> {
  const entry = createRequire(import.meta.url).resolve("@actor-runtime/runtime");
  const file = pathToFileURL(join(dirname(entry), `${path}.js`)).href;
  const { prototype } = ((await import(file)) as Record<string, { prototype: Record<string, Work> }>)[type]!;
  const original = prototype[name]!;
  prototype[name] = broken(original);
  return () => {
    prototype[name] = original;
  };
}

function ticks(name: string, broken: (original: Work) => Work): Promise<Undo> {
  return patched("worker/ticks", "Ticks", name, broken);
}

interface Activation {
  reminders: { readonly byName: Map<string, Reminder> } | undefined;
}

/** Of a message, or of what holds one. */
type Ticking = { readonly tick?: Tick } | { readonly message: { readonly tick?: Tick } };

function tickOf(given: Ticking): Tick {
  return ("message" in given ? given.message : given).tick!;
}

const idle = () => () => {};

function ofAnyId(refusal: Work): Work {
  return function (activation: Activation, inbound: { readonly message: { readonly tick?: Tick } }) {
    const tick = tickOf(inbound);
    const reminder = activation.reminders?.byName.get(tick.name);
    if (reminder) Object.assign(inbound.message, { tick: { ...tick, id: reminder.id, number: reminder.tick } });
    return refusal.call(this, activation, inbound);
  };
}

function ofAnyNumber(refusal: Work): Work {
  return function (activation: Activation, inbound: { readonly message: { readonly tick?: Tick } }) {
    const tick = tickOf(inbound);
    const reminder = activation.reminders?.byName.get(tick.name);
    if (reminder?.id === tick.id) Object.assign(inbound.message, { tick: { ...tick, number: reminder.tick } });
    return refusal.call(this, activation, inbound);
  };
}

function staying(advance: Work): Work {
  return function (activation: Activation, message: Ticking) {
    const reminder = activation.reminders?.byName.get(tickOf(message).name);
    if (reminder?.schedule !== undefined) advance.call(this, activation, message);
  };
}

/** One policy is treated as another. */
function treating(policy: MissedPolicy, other: MissedPolicy): (original: Work) => Work {
  return (original) =>
    function (activation: Activation, given: Ticking) {
      const { name } = tickOf(given);
      const reminder = activation.reminders?.byName.get(name);
      if (reminder?.missed === policy) activation.reminders!.byName.set(name, { ...reminder, missed: other });
      return original.call(this, activation, given);
    };
}

function keepingReminders(restore: Work): Work {
  return function (this: unknown, text: string) {
    const activation = this as Activation;
    const { reminders } = activation;
    restore.call(activation, text);
    activation.reminders = reminders;
  };
}
