import { randomBytes } from "node:crypto";
import { type Logger, partitionOf } from "@actor-runtime/core";
import type { AnyActor, LocalSystem } from "@actor-runtime/runtime";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, it, onTestFailed } from "vitest";
import { RedisProcess } from "../../services/redis-process.js";
import { services } from "../../services/services.js";
import { Chatter } from "./chatter.js";
import { CountingTelemetry } from "./counting-telemetry.js";
import { Archive, Courier, courierPartitions } from "./courier.js";
import { join } from "./join.js";
import { type Applied, Ledger, partitions } from "./ledger.js";
import { carriedComplaints, directComplaints, inDoubt } from "./loss.js";

interface Line {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly line: string;
}

const { amqpUrl } = await services();
const timeout = 90_000;
const ledgers = keysOf("ledger", partitions);
const couriers = keysOf("courier", courierPartitions);
/**
 * Once the store is back, every actor answers within this time: as a rule in 1 s. A partition that goes to a worker of which only
 * the copy knows, before its streams went on, waits like any other for what is missing (O2): 10 s, and a renewal of its lease.
 */
const standstillMs = 25_000;

let redis: RedisProcess;
let namespace: string;
let telemetry: CountingTelemetry;
let lines: Line[];
let systems: LocalSystem[];

beforeEach(async () => {
  // What was answered before the copy is taken is in the copy.
  redis = await RedisProcess.start({ appendfsync: "always" });
  namespace = `rewound-${randomBytes(4).toString("hex")}`;
  telemetry = new CountingTelemetry();
  lines = [];
  systems = [];
  onTestFailed(() => {
    const log = lines.map(({ level, line, fields }) => `${level} ${line} ${JSON.stringify(fields)}\n`);
    process.stderr.write(`${JSON.stringify(telemetry.totals)}\n${log.join("")}`);
  });
});

afterEach(async () => {
  await Promise.all(systems.map((system) => system.close({ drainTimeout: 0 })));
  await redis.stop();
});

/** Two keys for each partition. */
function keysOf(name: string, count: number): string[] {
  const found = Array.from({ length: count }, (): string[] => []);
  for (let index = 0; found.some(({ length }) => length < 2); index++) {
    const key = `${name}-${index}`;
    const keys = found[partitionOf(key, count)]!;
    if (keys.length < 2) keys.push(key);
  }
  return found.flat();
}

function idsOf(mailbox: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${mailbox}:g1:0${index}`);
}

async function start(name: string, actors: readonly AnyActor[]): Promise<LocalSystem> {
  const keep = (level: string) => (fields: Line["fields"], line: string) => void lines.push({ level, fields, line });
  const log: Logger = { debug() {}, info: keep("info"), warn: keep("warn"), error: keep("error") };
  const system = await join({ amqpUrl, redisUrl: redis.url, namespace, name }, actors, telemetry, log);
  systems.push(system);
  return system;
}

/** How often the store is known to have lost writes, and once. */
async function generation(): Promise<number> {
  const client = new Redis(redis.url);
  const text = await client.hget(`{${namespace}}:record`, "generation");
  client.disconnect();
  return Number(text);
}

async function reports(client: LocalSystem, type: new () => { report(): Applied }, keys: readonly string[]) {
  const said = keys.map(async (key) => [key, await client.ref(type, key).report()] as const);
  return new Map<string, Applied>(await Promise.all(said));
}

interface Scene {
  /** Where the couriers' messages are while the copy gets old: taken by the archive, or in queues, where Redis cannot lose them. */
  readonly archive: "open" | "closed";
  /** Happens while the copy gets old. */
  readonly meanwhile?: () => Promise<unknown>;
  /** Happens as soon as Redis is back. */
  readonly afterwards?: () => Promise<unknown>;
  /** No worker lived through it: the store's loss shows in its new identity, and in the senders' numbers. */
  readonly forgotten?: boolean;
}

/**
 * Clients send all the time. A copy of Redis is taken; while more goes by, something may happen; Redis is killed and started
 * with the copy; more goes by. Then the actors are asked what took effect.
 */
async function story({ archive, meanwhile, afterwards, forgotten = false }: Scene): Promise<void> {
  const archivist = await start("archivist", [Archive]);
  const client = await start("client", []);
  const chatters = [
    new Chatter(client, { sender: "client-1", type: Ledger, keys: ledgers }),
    new Chatter(client, { sender: "client-2", type: Ledger, keys: ledgers }),
    new Chatter(client, { sender: "client-1", type: Courier, keys: couriers }),
  ];
  const everybodyAnswers = async (times: number, since = performance.now(), withinMs = 30_000) => {
    const answered = () => chatters.every((chatter) => chatter.fewestAnswers(since) >= times);
    await expect.poll(answered, { timeout: withinMs }).toBe(true);
  };
  const keyed = (n: number) =>
    client
      .ref(Ledger, "keyed")
      .with({ idempotencyKey: `k${n}` })
      .add("keyed", n);

  await everybodyAnswers(5);
  expect(await keyed(1)).toBe(1);
  if (archive === "closed") await archivist.close();
  const copied = performance.now();
  const copy = await redis.snapshot();
  const generationThen = await generation();
  await everybodyAnswers(5);
  expect(await keyed(2)).toBe(2);
  await meanwhile?.();
  await redis.restore(copy);
  const loss = { copied, restored: performance.now() };
  await afterwards?.();
  await everybodyAnswers(1, loss.restored, standstillMs);

  // The answer to the first is in the copy. The second is lost with its effect, and runs again.
  expect([await keyed(1), await keyed(2)]).toEqual([1, 2]);
  expect(await Promise.all([keyed(3), keyed(3)])).toEqual([3, 3]);
  if (archive === "closed") await start("archivist-2", [Archive]);
  await everybodyAnswers(5);
  await Promise.all(chatters.map((chatter) => chatter.stop()));

  const entries = chatters.flatMap((chatter) => chatter.entries);
  const toLedgers = entries.filter(({ key }) => ledgers.includes(key));
  const toCouriers = entries.filter(({ key }) => couriers.includes(key));
  const doubt = inDoubt(entries, loss);
  const expectKept = (look: () => Promise<string[]>) => expect.poll(look, { timeout: 30_000 }).toEqual([]);
  await expectKept(async () => directComplaints(toLedgers, doubt, await reports(client, Ledger, ledgers)));
  await expectKept(async () => directComplaints(toCouriers, doubt, await reports(client, Courier, couriers)));
  await expectKept(async () => carriedComplaints(toCouriers, doubt, await reports(client, Archive, couriers)));
  expect(await client.ref(Ledger, "keyed").report()).toEqual({ keyed: [1, 2, 3] });

  expect(await generation()).toBeGreaterThan(generationThen);
  if (!forgotten) expectCounted();

  const gaps = lines.filter(({ line }) => line.startsWith("messages are missing"));
  expect(new Set(gaps.map(({ fields }) => fields["cause"]))).toEqual(new Set(["rewound"]));
  expect(sumOf(gaps, "messages")).toBe(telemetry.totals["stream.gap_messages"]);
  // Everything lost was sent by the clients while the copy got old, or by couriers that were told to.
  expect(sumOf(gaps, "messages")).toBeLessThanOrEqual(doubt.size * 2);
}

/** Every partition that lost commits is reported with their numbers, and they are counted. */
function expectCounted(): void {
  const rewinds = lines.filter(({ line }) => line.startsWith("the store has lost commits"));
  expect(rewinds.map(({ fields }) => fields["partition"])).toEqual(
    expect.arrayContaining([...idsOf("Ledger", partitions), ...idsOf("Courier", courierPartitions)]),
  );
  for (const { fields } of rewinds) expect(fields["lost"]).toBe(Number(fields["to"]) - Number(fields["from"]) + 1);
  expect(sumOf(rewinds, "lost")).toBeGreaterThan(0);
  expect(sumOf(rewinds, "lost")).toBe(telemetry.totals["store.rewound_commits"]);
}

function sumOf(logged: readonly Line[], field: string): number {
  return logged.reduce((sum, { fields }) => sum + Number(fields[field]), 0);
}

it("P1: an older copy of Redis under a running cluster costs turns since, and nothing else", { timeout }, async () => {
  await start("worker", [Ledger, Courier]);
  await story({ archive: "closed" });
});

it("P1: a Redis that comes back older after every lease has run out is found out all the same", {
  timeout,
}, async () => {
  await start("worker", [Ledger, Courier]);
  await story({
    archive: "closed",
    meanwhile: async () => {
      redis.pause();
      await expect
        .poll(
          () => lines.flatMap(({ line, fields }) => (line.startsWith("lost ") ? fields["partitions"] : [])).length,
          { timeout: 10_000 },
        )
        .toBe(partitions + courierPartitions);
    },
  });
});

it("P1: a Redis may come back older than the workers it serves, and their outboxes go on", { timeout }, async () => {
  const worker = await start("worker", [Ledger, Courier]);
  await story({
    archive: "open",
    meanwhile: async () => {
      await worker.close();
      await start("worker-2", [Ledger, Courier]);
    },
  });
});

it("P1: a Redis that comes back older together with its workers costs nothing more", { timeout }, async () => {
  const worker = await start("worker", [Ledger, Courier]);
  await story({
    archive: "closed",
    meanwhile: () => worker.close({ drainTimeout: 0 }),
    afterwards: () => start("worker-2", [Ledger, Courier]),
    forgotten: true,
  });
});
