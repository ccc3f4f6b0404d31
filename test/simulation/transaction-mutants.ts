import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { PartitionImage, Store } from "@actor-runtime/core";
import { type Ports, Registry, systemActors } from "@actor-runtime/runtime";
import type { Mutant, Undo } from "./mutant.js";

export const transactionMutants: readonly Mutant[] = [
  { title: "an answer leaves before the hold is stored", within: 30, make: () => overStore({ commit: withoutHolds }) },
  { title: "holds are dropped at takeover", within: 30, make: () => overStore({ load: loadedWithoutHolds }) },
  { title: "a hold is stored without what its turn did", within: 30, make: () => overStore({ commit: emptyHolds }) },
  { title: "a coordinator forgets aborts", within: 60, breakCode: () => coordinator("inquire", forgettingAborts) },
  {
    title: "a coordinator forgets a commit when the first has changed",
    within: 60,
    breakCode: () => coordinator("applied", forgettingCommits),
  },
  {
    title: "a coordinator calls what runs aborted, and remembers nothing",
    within: 30,
    breakCode: () => coordinator("inquire", presumingAborts),
  },
  {
    title: "a coordinator gives way for a transaction that has committed",
    within: 60,
    breakCode: () => coordinator("inquire", alwaysGivingWay),
  },
  {
    title: "a coordinator commits what has aborted",
    within: 60,
    breakCode: () => coordinator("commit", committingAborted),
  },
  {
    title: "a wounded participant gives up without asking",
    within: 30,
    breakCode: () => participants("press", givingUp),
  },
  { title: "queries do not hold what they read", within: 30, breakCode: () => participants("promise", freeingReads) },
  {
    title: "what is told leaves before the decision",
    within: 30,
    breakCode: () => participants("promise", tellingEarly),
  },
  { title: "whatever its caller gave up counts", within: 10, breakCode: () => participants("conclude", applyingAll) },
];

// ---- in the store

type Part<T> = { readonly [K in keyof T]?: (original: T) => T[K] };

function overStore(part: Part<Store>): (ports: Ports) => Ports {
  const replacements = new Map(Object.entries(part as Record<string, (original: Store) => unknown>));
  return (ports) => {
    const { store } = ports;
    const broken = new Proxy(store, {
      get(_, key) {
        const replacement = replacements.get(String(key));
        if (replacement) return replacement(store);
        const member: unknown = Reflect.get(store, key);
        return typeof member === "function" ? member.bind(store) : member;
      },
    });
    return { ...ports, store: broken };
  };
}

function withoutHolds(store: Store): Store["commit"] {
  return (partition, record) => store.commit(partition, { ...record, holds: [] });
}

function loadedWithoutHolds(store: Store): Store["load"] {
  return async (...args): Promise<PartitionImage> => ({ ...(await store.load(...args)), holds: new Map() });
}

function emptyHolds(store: Store): Store["commit"] {
  return (partition, record) => {
    const holds = record.holds.map(({ address, hold }) => {
      if (hold === undefined) return { address, hold };
      const { tentative: _, ...rest } = JSON.parse(hold) as Record<string, unknown>;
      return { address, hold: JSON.stringify(rest) };
    });
    return store.commit(partition, { ...record, holds });
  };
}

// ---- in the coordinator

interface Coordinator {
  committed: { readonly id: string } | undefined;
  aborted: readonly { readonly id: string }[];
}

type Decide = (this: Coordinator, ...args: unknown[]) => unknown;

/** @returns undoes it */
function coordinator(handler: string, broken: (original: Decide) => Decide): Undo {
  const definition = [...Registry.of(systemActors)].find(({ name }) => name === "$Transaction");
  const method = definition!.methods.get(handler) as unknown as { run: Decide };
  const { run } = method;
  method.run = broken(run);
  return () => {
    method.run = run;
  };
}

function forgettingAborts(inquire: Decide): Decide {
  return function (...args) {
    const answer = inquire.apply(this, args);
    this.aborted = [];
    return answer;
  };
}

function forgettingCommits(applied: Decide): Decide {
  return function (...args) {
    applied.apply(this, args);
    this.committed = undefined;
  };
}

function presumingAborts(inquire: Decide): Decide {
  return function (...args) {
    const answer = inquire.apply(this, args) as { readonly kind: string };
    return answer.kind === "pending" ? { kind: "aborted", reason: "lost" } : answer;
  };
}

function alwaysGivingWay(inquire: Decide): Decide {
  return function (...args) {
    const [, , wound] = args;
    return wound === undefined ? inquire.apply(this, args) : { kind: "aborted", reason: "conflict", by: wound };
  };
}

function committingAborted(commit: Decide): Decide {
  return function (...args) {
    this.aborted = [];
    return commit.apply(this, args);
  };
}

// ---- in participants, which no package exports

interface Holding {
  readonly id: string;
  readonly since: number;
  readonly mode: "shared" | "exclusive";
  readonly hold: Hold;
  state: "held" | "asking";
}

interface Hold {
  holders: readonly Holding[];
  tentative: { readonly tells: readonly unknown[] } | undefined;
}

interface Activation {
  readonly hold: Hold | undefined;
  readonly transactional: readonly { readonly id: string; readonly since: number }[] | undefined;
}

interface Participants {
  find(address: string): Hold | undefined;
  drop(activation: Activation, holding: Holding): void;
  conclude(
    activation: Activation,
    holding: Holding,
    conclusion: { readonly kind: string; readonly reason?: string },
  ): void;
}

// oxlint-disable-next-line typescript/no-explicit-any
type Work = (this: Participants, ...args: any[]) => void;

async function participants(name: string, broken: (original: Work) => Work): Promise<Undo> {
  const entry = createRequire(import.meta.url).resolve("@actor-runtime/runtime");
  const file = pathToFileURL(join(dirname(entry), "worker/participants.js")).href;
  const { prototype } = ((await import(file)) as { Participants: { prototype: Record<string, Work> } }).Participants;
  const original = prototype[name]!;
  prototype[name] = broken(original);
  return () => {
    prototype[name] = original;
  };
}

function givingUp(): Work {
  return function (activation: Activation) {
    for (const holding of activation.hold?.holders ?? []) {
      const older = activation.transactional?.some(({ id, since }) => id !== holding.id && since < holding.since);
      if (older) this.conclude(activation, holding, { kind: "aborted", reason: "conflict" });
    }
  };
}

function freeingReads(promise: Work): Work {
  return function (activation: Activation, transaction: { readonly holding: Holding }, group: unknown) {
    promise.call(this, activation, transaction, group);
    if (transaction.holding.mode === "shared") this.drop(activation, transaction.holding);
  };
}

function tellingEarly(promise: Work): Work {
  return function (activation: Activation, transaction: { readonly holding: Holding }, group: { out: unknown[] }) {
    const { hold } = transaction.holding;
    if (hold.tentative !== undefined) {
      group.out.push(...hold.tentative.tells);
      hold.tentative = { ...hold.tentative, tells: [] };
    }
    promise.call(this, activation, transaction, group);
  };
}

/** It says that it has changed all the same. */
function applyingAll(conclude: Work): Work {
  return function (activation: Activation, holding: Holding, conclusion: { readonly reason?: string }) {
    conclude.call(this, activation, holding, conclusion.reason === "rejected" ? { kind: "committed" } : conclusion);
  };
}
