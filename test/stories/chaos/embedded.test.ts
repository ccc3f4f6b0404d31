import { EmbeddedWorld, eventLoopHops, SystemClock, SystemRandom } from "@actor-runtime/embedded";
import { createSystem, type LocalSystem } from "@actor-runtime/runtime";
import { afterEach, beforeEach, expect, it } from "vitest";
import { countReplays } from "./count-replays.js";
import { CountingTelemetry, replays } from "./counting-telemetry.js";
import { drive, type Load } from "./drive.js";
import { type Applied, Ledger } from "./ledger.js";
import { type Fault, perform } from "./perform.js";
import { complaints } from "./verdict.js";

const keys = Array.from({ length: 20 }, (_, index) => `ledger-${index}`);
const loads = ["client-1", "client-2"].map(
  (sender, seed): Load => ({ sender, keys, tells: 1_000, asks: 1_000, concurrency: 64, timeoutMs: 2_000, seed }),
);

const clock = new SystemClock();
const random = new SystemRandom();
let world: EmbeddedWorld;
let telemetry: CountingTelemetry;
let worker: LocalSystem;
let clients: LocalSystem[];

beforeEach(async () => {
  world = new EmbeddedWorld({ clock, random, schedule: eventLoopHops() });
  telemetry = new CountingTelemetry();
  worker = await join("worker", [Ledger]);
  clients = await Promise.all(loads.map(({ sender }) => join(sender, [])));
});

afterEach(() => Promise.all([worker, ...clients].map((system) => system.close({ drainTimeout: 0 }))));

function join(name: string, actors: (typeof Ledger)[]): Promise<LocalSystem> {
  const connection = world.connect(name);
  return createSystem({
    ports: { ...connection, ...countReplays(connection, telemetry), clock, random, telemetry },
    actors,
    workerId: name,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
}

/** Drives the loads through the faults and gives the verdict once nothing changes any more. */
async function story(faults: readonly Fault[]): Promise<string[]> {
  const parts = loads.map((load, index) => ({
    load,
    driver: (each: Load, onProgress: (ended: number) => void) => drive(clients[index]!, each, onProgress),
  }));
  const journal = await perform(parts, faults);
  await expect.poll(() => worker.idle).toBe(true);
  const ledgers = new Map<string, Applied>();
  for (const key of keys) ledgers.set(key, await clients[0]!.ref(Ledger, key).report());
  expect(journal).toHaveLength(4_000);
  return complaints(journal, ledgers);
}

/** The faults, one each tenth of the way. */
function faultsOf(strike: (round: number) => void | Promise<void>): Fault[] {
  return [1, 2, 3, 4, 5, 6, 7, 8].map((round) => ({ at: round / 10, strike: () => strike(round) }));
}

it("P1, P2 and P3 hold in peace, and nothing is counted as a fault", async () => {
  expect(await story([])).toEqual([]);
  expect(Object.keys(telemetry.totals).toSorted()).toEqual(["actor.messages", "actor.partitions_taken"]);
});

it("P1, P2 and P3 hold while channels are lost, confirms do not come and commits fail", async () => {
  const wrong = await story(
    faultsOf((round) => {
      world.cutChannels();
      world.loseConfirms(round);
      world.store.failCommits(round, round % 2 === 0 ? "before" : "after");
    }),
  );
  expect(wrong).toEqual([]);
  expect(telemetry.totals["actor.redeliveries"]).toBeGreaterThan(0);
  expect(telemetry.totals["actor.duplicates"]).toBeGreaterThan(0);
  expect(telemetry.totals[replays]).toBeGreaterThan(0);
});

it("P1, P2 and P3 hold while the worker forgets what it had in memory", async () => {
  expect(await story(faultsOf((round) => worker.crash(`Ledger/${keys[round]}`)))).toEqual([]);
  expect(telemetry.totals["actor.redeliveries"]).toBeGreaterThan(0);
});
