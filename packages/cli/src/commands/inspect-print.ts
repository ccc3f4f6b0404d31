import type { Latency } from "@actor-runtime/core";
import type {
  ActorInspection,
  ActorReport,
  Limited,
  Load,
  Obstacle,
  TurnReport,
  TypeInspection,
} from "@actor-runtime/runtime";
import type { InspectedCluster } from "../cluster/inspected-cluster.js";
import { partitionRanges } from "../cluster/partition-ranges.js";
import { dueText } from "./reminders-print.js";
import { percent, tableText } from "./table.js";
import { countText, durationText } from "./units.js";

/** The most turns shown; JSON has more. */
const mostTurns = 20;
const loadHeader = ["ACTORS", "RUNNING", "WAITING", "PARKED", "DELAYED"] as const;
const nobody = "(nobody)";

type Row = readonly [name: string, value: string];

export function clusterText({ workers, handoffs, unheld, unhosted, silent, timeoutMs }: InspectedCluster): string {
  const table = tableText(
    ["WORKER", "STATE", "HELD/ASSIGNED", "SHARE", ...loadHeader, "P50", "P99"],
    workers.map(({ id, state, held, assigned, share, told }) => [
      id,
      state,
      `${held}/${assigned}`,
      percent(share),
      ...(told ? [...loadCells(told.load), ...latencyCells(told.latency)] : loadHeader.map(() => "?")),
    ]),
  );
  const types = workers.flatMap(({ id, told }) => (told?.types.items ?? []).map((load) => ({ worker: id, ...load })));
  const byType = tableText(
    ["TYPE", "WORKER", ...loadHeader, "P50", "P99"],
    types
      .toSorted((a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : 0))
      .map((load) => [load.type, load.worker, ...loadCells(load), ...latencyCells(load.latency)]),
  );
  const pools = workers.flatMap(({ id, told }) => (told?.pools?.items ?? []).map((load) => ({ worker: id, ...load })));
  const byPool = tableText(
    ["STATELESS TYPE", "WORKER", "RUNNING", "WAITING", "RETRYING", "STANDING"],
    pools
      .toSorted((a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : 0))
      .map(({ type, worker, running, waiting, retrying, standing }) => [
        ...[type, worker],
        ...[running, waiting, retrying].map(countText),
        standing,
      ]),
  );
  const turns = workers.flatMap(({ told }) => (told ? [{ worker: told.worker, turns: told.turns }] : []));
  return (
    table +
    silentText(silent, timeoutMs) +
    handoffs
      .map(
        ({ mailbox, from = nobody, to = nobody, partitions }) =>
          `${mailbox} ${partitionRanges(partitions)}: from ${from} to ${to}\n`,
      )
      .join("") +
    unheld
      .map(({ mailbox, partitions }) => `nobody holds ${mailbox} ${partitionRanges(partitions)} at the moment\n`)
      .join("") +
    unhosted.map((type) => `${type}: nobody hosts it; its messages wait\n`).join("") +
    (types.length > 0 ? `\n${byType}` : "") +
    (pools.length > 0 ? `\n${byPool}` : "") +
    turnsText(turns)
  );
}

export function typeText({ type, mailbox, reports, silent, timeoutMs }: TypeInspection): string {
  const head = `${type}: ${mailbox.partitions} partitions of mailbox ${mailbox.name}\n`;
  const table = tableText(
    ["WORKER", "PARTITIONS", ...loadHeader, "P50", "P99", "STOPPED"],
    reports.map(({ worker, load, partitions }) => [
      worker,
      partitionRanges(partitions.items.map(({ partition }) => partition)),
      ...loadCells(load),
      ...latencyCells(load.latency),
      load.braked ? "braked" : listed(load.paused) || "-",
    ]),
  );
  const rows = reports
    .flatMap(({ worker, partitions }) => partitions.items.map((load) => ({ worker, ...load })))
    .filter(({ actors, delayed }) => actors + delayed > 0)
    .toSorted((a, b) => a.partition - b.partition);
  const partitions = tableText(
    ["PARTITION", "WORKER", ...loadHeader],
    rows.map((load) => [load.partition, load.worker, ...loadCells(load)]),
  );
  return (
    head +
    (reports.length > 0 ? table : "no worker hosts it now; its messages wait\n") +
    silentText(silent, timeoutMs) +
    (rows.length > 0 ? `\n${partitions}` : "") +
    turnsText(reports)
  );
}

export function actorText(inspection: ActorInspection): string {
  const { address, partition, mailbox, owner = nobody, holder, nextReminder, report, state } = inspection;
  const rows: Row[] = [
    ["partition", `${partition} of ${mailbox.partitions}, mailbox ${mailbox.name}`],
    ["owner", holder === owner ? owner : `${owner}; ${holder ?? nobody} holds the partition now`],
  ];
  if (report) rows.push(...reportRows(report));
  else rows.push(["phase", unknownText(inspection)]);
  if (nextReminder) rows.push(["reminder", `${nextReminder.name}, ${dueText(nextReminder.inMs)}`]);
  if (state !== undefined) rows.push(["state", state === null ? "nothing is stored" : JSON.stringify(state)]);
  return `${address}\n${rows.map(([name, value]) => `  ${name.padEnd(10)}  ${value}\n`).join("")}`;
}

function reportRows(report: ActorReport): Row[] {
  const { turn, queries, chain, obstacles, waiting, parked, delayed, lastError, at } = report;
  const rows: Row[] = [["phase", phaseText(report)]];
  if (turn) rows.push(["running", runText(turn)]);
  for (const query of queries.items) rows.push(["query", runText(query)]);
  if (queries.more > 0) rows.push(["query", `and ${queries.more} more`]);
  if (chain.items.length > 0) rows.push(["asked by", `${chain.items.join(" → ")}${moreText(chain)}`]);
  for (const obstacle of obstacles.items) rows.push(["waits for", obstacleText(obstacle)]);
  if (obstacles.more > 0) rows.push(["waits for", `and ${obstacles.more} more`]);
  rows.push([
    "messages",
    `${countText(waiting)} waiting, ${countText(parked)} parked, ${countText(delayed)} not due yet`,
  ]);
  if (lastError) {
    const { handler, code, message, at: failedAt, traceId } = lastError;
    const where = handler === undefined ? "coming to life" : handler;
    const trace = traceId === undefined ? "" : ` (trace ${traceId})`;
    rows.push([
      "last error",
      `${code} in ${where}, ${durationText(Math.max(0, at - failedAt))} ago: ${firstLine(message)}${trace}`,
    ]);
  }
  return rows;
}

function phaseText({ phase, turn, queries, obstacles }: ActorReport): string {
  const busy = turn !== undefined || queries.items.length > 0;
  const phases: Readonly<Record<ActorReport["phase"], string>> = {
    absent: "not in memory; a message wakes it",
    loading: "comes to life",
    held: "not in memory; it may not come to life",
    failed: "could not come to life",
    leaving: "leaves memory",
    ready: busy ? "runs" : obstacles.items.length > 0 ? "waits" : "idle",
  };
  return phases[phase];
}

function unknownText({ holder, silent, timeoutMs }: ActorInspection): string {
  if (holder === undefined) return "unknown: nobody holds its partition at the moment";
  if (silent.includes(holder)) return `unknown: ${holder} did not answer within ${durationText(timeoutMs)}`;
  return `unknown: ${holder} is gone, or hands the partition over`;
}

function runText({ handler, ageMs, failedAttempts, traceId }: TurnReport): string {
  const attempt = failedAttempts === 0 ? "" : `, attempt ${failedAttempts + 1}`;
  return `${handler}, for ${durationText(ageMs)}${attempt}${traceId === undefined ? "" : ` (trace ${traceId})`}`;
}

const plainObstacles = {
  state: "its state from the store",
  lookup: "the store: was this message answered before?",
  mark: "the mark of a message that was there when a worker died",
  queries: "the queries that run",
  handoff: "the next owner: the partition is handed over",
} as const;

function obstacleText(obstacle: Obstacle): string {
  if (obstacle.kind === "ask") {
    const { address, handler, ageMs, timeoutInMs } = obstacle;
    return `the answer of ${address}.${handler}, for ${durationText(ageMs)}; gives up in ${durationText(timeoutInMs)}`;
  }
  if (obstacle.kind === "commit") return `its commit${obstacle.storeAnswers ? "" : ": the store does not answer"}`;
  if (obstacle.kind === "retry") {
    return `its next attempt, in ${durationText(obstacle.inMs)}; ${obstacle.failedAttempts} failed`;
  }
  if (obstacle.kind === "pause") return `actor-runtime resume ${obstacle.target}: operators paused it`;
  if (obstacle.kind === "transaction") {
    const { id, holders, sinceMs } = obstacle;
    const others = holders > 1 ? ` and ${holders - 1} more` : "";
    return `transaction ${id}, which has held it for ${durationText(sinceMs)}${others}`;
  }
  if (obstacle.kind === "concurrency") {
    const { target, running } = obstacle;
    return `the concurrency limit of ${target ?? "the worker"} (${running} running)`;
  }
  if (obstacle.kind === "brake") return `a turn of ${obstacle.target} that does not fail: the type is braked`;
  return plainObstacles[obstacle.kind];
}

/** What runs longest, of all workers. */
function turnsText(workers: readonly { readonly worker: string; readonly turns: Limited<TurnReport> }[]): string {
  const turns = workers.flatMap(({ worker, turns: { items } }) => items.map((turn) => ({ worker, ...turn })));
  if (turns.length === 0) return "";
  const shown = turns.toSorted((a, b) => b.ageMs - a.ageMs).slice(0, mostTurns);
  const more = workers.reduce((sum, { turns: each }) => sum + each.items.length + each.more, 0) - shown.length;
  const table = tableText(
    ["RUNNING", "HANDLER", "FOR", "WAITS FOR", "WORKER"],
    shown.map(({ worker, address, handler, ageMs, asks }) => [
      address,
      handler,
      durationText(ageMs),
      asks ? `${asks.address}.${asks.handler}` : "-",
      worker,
    ]),
  );
  return `\n${table}${more > 0 ? `and ${countText(more)} more that run for less long\n` : ""}`;
}

function silentText(silent: readonly string[], timeoutMs: number): string {
  return silent.map((worker) => `${worker} did not answer within ${durationText(timeoutMs)}\n`).join("");
}

function loadCells({ actors, running, waiting, parked, delayed }: Load): string[] {
  return [actors, running, waiting, parked, delayed].map(countText);
}

function latencyCells(latency: Latency | undefined): string[] {
  return latency ? [durationText(latency.p50Ms), durationText(latency.p99Ms)] : ["-", "-"];
}

function listed(list: Limited<string>): string {
  return list.items.length === 0 ? "" : `paused ${list.items.join(" ")}${moreText(list)}`;
}

function moreText({ more }: Limited<unknown>): string {
  return more > 0 ? ` and ${more} more` : "";
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!;
}
