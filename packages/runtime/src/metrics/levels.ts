import type { Mailbox, Telemetry } from "@actor-runtime/core";
import type { Pool } from "../pools/pool.js";
import { isSystemType } from "../system-handlers.js";
import type { Activation } from "../worker/activation.js";
import type { TypeConcurrency } from "../worker/concurrency.js";
import type { Holding } from "../worker/hold.js";
import type { WorkerServices } from "../worker/services.js";
import type { Tenure } from "../worker/tenure.js";
import { unknown } from "./type-metrics.js";

/** How many messages of a type wait where, and since when. */
interface TypeLevels {
  running: number;
  memory: number;
  parked: number;
  delayed: number;
  /** ms since 1970; infinity: none waits. */
  oldestAt: number;
}

/** Where the messages of one worker are, as of one moment. */
type Census = ReadonlyMap<string, TypeLevels>;

/** What a process tells of itself, whether it hosts actors or not. */
interface Process {
  readonly calls: { readonly waiting: number };
  readonly locks: { readonly holding: number; readonly waiting: number };
  /** By name; `ok`, or what is wrong. */
  readonly checks: () => Readonly<Record<string, string>>;
}

/** @returns how to stop it */
export function observeProcess(telemetry: Telemetry, { calls, locks, checks }: Process): () => void {
  const stops = [
    telemetry.observe("actor.calls", () => [{ value: calls.waiting }]),
    telemetry.observe("actor.locks", () => [{ value: locks.holding }]),
    telemetry.observe("actor.lock.waiting", () => [{ value: locks.waiting }]),
    telemetry.observe("actor.ready", () =>
      Object.entries(checks()).map(([check, state]) => ({ value: state === "ok" ? 1 : 0, labels: { check } })),
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/**
 * Tells the levels of a worker whenever somebody looks.
 *
 * @param mailboxes of the types hosted here
 * @param tenures those that are alive
 * @param pools the stateless types hosted here
 * @returns how to stop it
 */
export function observeWorker(
  services: WorkerServices,
  mailboxes: ReadonlyMap<string, Mailbox>,
  tenures: () => readonly Tenure[],
  pools: Iterable<Pool>,
): () => void {
  const { types, time, ports } = services;
  const { telemetry } = ports;
  let taken: Census | undefined;
  /** Who looks at one of them looks at all: actors in memory are gone through once, be there a hundred thousand of them. */
  const census = (): Census => {
    if (taken === undefined) {
      taken = takeCensus(services, tenures(), pools);
      queueMicrotask(() => {
        taken = undefined;
      });
    }
    return taken;
  };
  const byType = (value: (levels: TypeLevels) => number) =>
    Array.from(census(), ([type, levels]) => ({ value: value(levels), labels: { type } }));
  const byLimited = (value: (concurrency: TypeConcurrency) => number) =>
    Array.from(types, ([type, { concurrency }]) => ({ value: value(concurrency), labels: { type } })).filter(
      ({ labels }) => !isSystemType(labels.type),
    );
  const byMailbox = (value: (tenure: Tenure) => number) => {
    const sums = new Map(Array.from(mailboxes.keys(), (name) => [name, 0]));
    for (const tenure of tenures()) sums.set(tenure.mailbox.name, sums.get(tenure.mailbox.name)! + value(tenure));
    return Array.from(sums, ([mailbox, sum]) => ({ value: sum, labels: { mailbox } }));
  };
  /** For how long a moment of some transaction that holds an actor here is past. */
  const longest = (moment: (holding: Holding) => number) => {
    const now = time.now();
    let ms = 0;
    for (const { participants } of tenures()) {
      for (const { holders } of participants.holds) {
        for (const holding of holders) ms = Math.max(ms, now - moment(holding));
      }
    }
    return [{ value: ms / 1_000 }];
  };
  const stops = [
    telemetry.observe("actor.activations", () =>
      Array.from(types, ([type, { activations }]) => ({ value: activations, labels: { type } })),
    ),
    telemetry.observe("actor.turns", () => byType(({ running }) => running)),
    telemetry.observe("actor.concurrency.running", () => byLimited(({ running }) => running)),
    telemetry.observe("actor.concurrency.waiting", () => byLimited(({ waiting }) => waiting)),
    telemetry.observe("actor.concurrency.limit", () => byLimited(({ limit }) => limit)),
    telemetry.observe("actor.mailbox.depth", () =>
      (["memory", "parked", "delayed"] as const).flatMap((where) =>
        Array.from(census(), ([type, levels]) => ({ value: levels[where], labels: { type, where } })),
      ),
    ),
    telemetry.observe("actor.mailbox.oldest", () => {
      const now = time.now();
      return byType(({ oldestAt }) => Math.max(0, now - oldestAt) / 1_000);
    }),
    telemetry.observe("actor.mailbox.partitions", () =>
      Array.from(mailboxes, ([mailbox, { partitions }]) => ({ value: partitions, labels: { mailbox } })),
    ),
    telemetry.observe("actor.partitions", () => byMailbox(() => 1)),
    telemetry.observe("actor.outbox.size", () => byMailbox(({ outbox }) => outbox.bytes)),
    telemetry.observe("transaction.held", () => [
      { value: tenures().reduce((sum, { participants }) => sum + participants.holds.size, 0) },
    ]),
    telemetry.observe("transaction.held.oldest", () => longest(({ since }) => since)),
    telemetry.observe("transaction.held.overdue", () => longest(({ until }) => until)),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function takeCensus({ types, activations }: WorkerServices, tenures: readonly Tenure[], pools: Iterable<Pool>): Census {
  const census = new Map<string, TypeLevels>();
  const levelsOf = (type: string): TypeLevels => {
    const name = types.has(type) ? type : unknown;
    let levels = census.get(name);
    if (levels === undefined) {
      levels = { running: 0, memory: 0, parked: 0, delayed: 0, oldestAt: Number.POSITIVE_INFINITY };
      census.set(name, levels);
    }
    return levels;
  };
  for (const type of types.keys()) levelsOf(type);
  for (const activation of activations) {
    const { running, queries, queue, parked, hosted } = activation;
    if (running || queries || queue || parked) add(activation, levelsOf(hosted.definition.name));
  }
  for (const { delayed, foreign } of tenures) {
    for (const [address, { count }] of delayed.waiting) levelsOf(typeOf(address)).delayed += count;
    for (const [address, { count }] of foreign.stored) levelsOf(typeOf(address)).parked += count;
  }
  for (const { load, oldestAt } of pools) {
    const { type, running, waiting, retrying } = load;
    census.set(type, { running, memory: waiting, parked: 0, delayed: retrying, oldestAt });
  }
  return census;
}

function add({ running, queries, queue, parked }: Activation, levels: TypeLevels): void {
  const inbound = running?.inbound;
  const runs = inbound !== undefined && inbound.beganAt >= 0;
  levels.running += (queries?.size ?? 0) + (runs ? 1 : 0);
  levels.memory += queue?.length ?? 0;
  const entries = parked?.entries ?? [];
  // A stored message stays on its list while it runs.
  const first = runs && entries[0] === inbound ? 1 : 0;
  levels.parked += entries.length - first;
  for (const oldest of [entries[first], queue?.[0]]) {
    if (oldest !== undefined && oldest.sentAt > 0) levels.oldestAt = Math.min(levels.oldestAt, oldest.sentAt);
  }
}

function typeOf(address: string): string {
  return address.slice(0, address.indexOf("/"));
}
