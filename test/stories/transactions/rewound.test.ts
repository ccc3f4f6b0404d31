import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { LogFields, Logger } from "@actor-runtime/core";
import { type AnyActor, type LocalSystem, systemActors } from "@actor-runtime/runtime";
import { expect, it, onTestFailed } from "vitest";
import { RedisProcess } from "../../services/redis-process.js";
import { services } from "../../services/services.js";
import { CountingTelemetry } from "../chaos/counting-telemetry.js";
import { join, type Member } from "../chaos/join.js";
import { Account, Statement } from "./account.js";
import { Auditor } from "./auditor.js";
import type { Ended } from "./journal.js";
import { leftovers } from "./leftovers.js";
import { Teller } from "./teller.js";
import { accountKeys, transferOf } from "./transfer.js";
import { complaints } from "./verdict.js";

/** With its times, in ms by `performance.now()`. */
interface Timed extends Ended {
  readonly began: number;
  readonly ended: number;
}

const { amqpUrl } = await services();
const clients = ["client/0", "client/1", "client/2", "client/3"];
/** Once the store is back, every actor answers within this time. */
const standstillMs = 10_000;
/** While the copy gets old. */
const windowMs = 300;

it("P1: an older copy of Redis under running transactions costs what was done since, and nothing else", {
  timeout: 180_000,
}, async () => {
  await using redis = await RedisProcess.start({ appendfsync: "always" });
  const lines: string[] = [];
  onTestFailed(() => void process.stderr.write(lines.join("")));
  const namespace = `transfers-rewound-${randomBytes(4).toString("hex")}`;
  const member = (name: string): Member => ({ amqpUrl, redisUrl: redis.url, namespace, name });
  const start = (name: string, actors: readonly AnyActor[]): Promise<LocalSystem> => {
    const keep = (level: string) => (fields: LogFields, line: string) =>
      void lines.push(`${name} ${level} ${line} ${JSON.stringify(fields)}\n`);
    const log: Logger = { debug() {}, info: keep("info"), warn: keep("warn"), error: keep("error") };
    return join(member(name), actors, new CountingTelemetry(), log);
  };
  await using left = await start("worker-1", [Account, Statement, ...systemActors]);
  await using right = await start("worker-2", [Account, Statement, ...systemActors]);
  await using client = await start("client", []);
  expect([left, right].map((worker) => worker.describe().state)).toEqual(["running", "running"]);
  const holders = async () => {
    const { mailboxes } = await client.cluster.describe();
    return new Set(mailboxes.flatMap((mailbox) => mailbox.holders.map((holder) => holder?.worker)));
  };
  await expect.poll(holders, { timeout: 30_000 }).toEqual(new Set(["worker-1", "worker-2"]));

  const journal: Timed[] = [];
  const begins = new Map(clients.map((name) => [name, performance.now()]));
  const tellers = clients.map((name) => {
    return new Teller(name, client, (end) => {
      const ended = performance.now();
      journal.push({ ...end, began: begins.get(name)!, ended });
      begins.set(name, ended);
    });
  });
  const goesOn = (since: number, transfers = 20) => {
    const done = () => journal.filter(({ end, began }) => end === "done" && began > since).length;
    return expect.poll(done, { timeout: 60_000 }).toBeGreaterThan(transfers);
  };
  const answers = (key: string) =>
    expect.poll(() => client.ref(Account, key).current(), { timeout: standstillMs }).toBeDefined();

  await goesOn(0);
  const copied = performance.now();
  const copy = await redis.snapshot();
  await sleep(windowMs);
  await redis.restore(copy);
  const restored = performance.now();
  await Promise.all(accountKeys.map(answers));
  await goesOn(performance.now());
  await Promise.all(tellers.map((teller) => teller.stop()));
  expect(await leftovers(member("judge"), client, standstillMs)).toEqual([]);

  // Those in between may have taken effect where the copy has it, or where a message outlived the loss; all others as ever.
  const doubt = journal.filter(({ began, ended }) => ended > copied && began < restored);
  expect(doubt.length).toBeGreaterThan(0);
  const known = journal.map((one) => ({
    transfer: transferOf(one.client, one.n),
    end: doubt.includes(one) ? ("unknown" as const) : one.end,
  }));
  const accounts = await reports(accountKeys, (key) => client.ref(Account, key).report());
  const wrong = complaints(known, { accounts, statements: new Map() });
  expect(wrong.filter((complaint) => !complaint.includes("took effect"))).toEqual([]);
  const auditor = new Auditor(client);
  await auditor.stop();
  const total = [...accounts.values()].reduce((sum, { balance }) => sum + balance, 0);
  expect(auditor.totals).toEqual([total]);
});

async function reports<R>(keys: readonly string[], report: (key: string) => Promise<R>): Promise<Map<string, R>> {
  return new Map(await Promise.all(keys.map(async (key) => [key, await report(key)] as const)));
}
