import { setTimeout as delay } from "node:timers/promises";
import type { ActorSystem } from "actor-runtime";
import { Counter } from "./counter.js";
import { Load } from "./load.js";
import { type Owners, partitionsOf, sharedOut } from "./owners.js";
import type { WorkerProcess } from "./worker-process.js";

const calmMs = 2_000;
const keys = Array.from({ length: 64 }, (_, index) => `counter-${index}`);

/**
 * Kills one of the workers while counters count, and checks the counts.
 *
 * @returns whether all that succeeded was counted, and nothing twice
 */
export async function tellStory(
  system: ActorSystem,
  workers: readonly WorkerProcess[],
  lease: string,
  print: (line: string) => void,
): Promise<boolean> {
  const ids = workers.map(({ id }) => id);
  const before = await Promise.race([sharedOut(system, ids), ...workers.map((worker) => worker.failure())]);
  const counted = await total(system);
  print(`cluster   ${ids.length} workers share the ${before.length} partitions of Counter: ${shares(before, ids)}`);

  const load = new Load(system, keys, before.length);
  await delay(calmMs);
  const victim = workers.at(-1)!;
  const lost = partitionsOf(before, victim.id);
  await victim.end("SIGKILL");
  print(
    `kill      ${victim.id} under load: partitions ${lost.join(", ")} have no worker until its lease of ${lease} ends`,
  );
  const living = ids.filter((id) => id !== victim.id);
  const after = await sharedOut(system, living);
  print(`moved     ${moves(before, after)}`);
  print(`          ${living.length} workers share the partitions: ${shares(after, living)}`);
  await delay(calmMs);
  const { asks, tells, failed, silences } = await load.stop();

  const longest = (partitions: readonly number[]) => Math.max(...partitions.map((index) => silences[index]!));
  const others = living.flatMap((id) => partitionsOf(before, id));
  print(
    `gap       ${seconds(longest(lost))} without an answer from what moved, ${seconds(longest(others))} from the rest`,
  );
  const counts = (await total(system)) - counted;
  print(`check     ${amount(asks)} asks and ${amount(tells)} tells were sent, ${amount(failed)} failed`);
  // Of those that failed nobody knows whether they count.
  const kept = counts >= asks + tells - failed && counts <= asks + tells;
  print(
    `          ${amount(counts)} were counted: ${kept ? "nothing was lost, nothing was counted twice" : "THAT IS WRONG"}`,
  );
  return kept;
}

async function total(system: ActorSystem): Promise<number> {
  const totals = await Promise.all(keys.map((key) => system.ref(Counter, key).total()));
  return totals.reduce((sum, count) => sum + count, 0);
}

function shares(owners: Owners, workers: readonly string[]): string {
  return workers.map((id) => `${id} has ${partitionsOf(owners, id).length}`).join(", ");
}

function moves(before: Owners, after: Owners): string {
  const moved = before.flatMap((owner, index) => (owner === after[index] ? [] : [`${index} to ${after[index]}`]));
  return `${moved.length} partitions: ${moved.join(", ")}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

function amount(count: number): string {
  return count.toLocaleString("en");
}
