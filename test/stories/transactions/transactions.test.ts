import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { RabbitProcess } from "../../services/rabbitmq-process.js";
import { RedisProcess } from "../../services/redis-process.js";
import { type Outcome, slowestMs, TransferStage } from "./transfer-stage.js";

/** So many transfers are done at least. */
const wanted = Number(process.env["TRANSFERS"] ?? 500);
/** Every fault strikes once in the course of so many. */
const rounds = Math.ceil(wanted / 10_000);
/** For this time workers have their partitions, and longer than any client waits for a single answer. */
const frozenMs = 3_000;
/** Coordinators remember for a minute longer than their transactions might have lasted what somebody was told of. */
const forgottenAfterMs = 90_000;

interface Scene {
  readonly stage: TransferStage;
  readonly rabbit: RabbitProcess;
  readonly redis: RedisProcess;
}

const faults: readonly ((scene: Scene) => Promise<unknown>)[] = [
  async ({ stage }) => {
    await stage.killWorker(await stage.owner());
    await stage.startWorker();
  },
  async ({ stage }) => {
    const frozen = await stage.owner();
    stage.worker(frozen).signal("SIGSTOP");
    await stage.ownerOtherThan(frozen);
    stage.worker(frozen).signal("SIGCONT");
  },
  async ({ stage }) => {
    await stage.killClients();
    await stage.startClients();
  },
  async ({ stage: { clients } }) => {
    clients.signal("SIGSTOP");
    await sleep(frozenMs);
    clients.signal("SIGCONT");
  },
  ({ redis }) => redis.restart({ kill: false }),
  ({ redis }) => redis.restart({ kill: true }),
  async ({ stage }) => {
    expect(await stage.drainWorker(await stage.owner())).toBe(0);
    await stage.startWorker();
  },
  ({ rabbit }) => rabbit.restart({ kill: false }),
  ({ rabbit }) => rabbit.restart({ kill: true }),
];

function show({ transfers, done, failed, retries, audits, totals }: Outcome, ms: number): void {
  const story = { transfers, perSecond: Math.round((done / ms) * 1_000), done, failed, retries, audits };
  process.stdout.write(`${JSON.stringify({ story, totals }, null, 2)}\n`);
}

it(`P9: ${wanted} transfers among 100 accounts, and audits of them all, while everything is struck`, {
  timeout: 120_000 + forgottenAfterMs + wanted * slowestMs,
}, async () => {
  await using rabbit = await RabbitProcess.start();
  await using redis = await RedisProcess.start({ appendfsync: "always" });
  await using stage = await TransferStage.set({ amqpUrl: rabbit.url, redisUrl: redis.url });
  const began = performance.now();
  const leg = Math.ceil(wanted / (rounds * faults.length + 1));
  await stage.goesOn(leg);
  for (let round = 0; round < rounds; round++) {
    for (const strike of faults) {
      await strike({ stage, rabbit, redis });
      await stage.goesOn(leg);
    }
  }
  const tookMs = performance.now() - began;
  const left = await stage.stop();
  if (rounds > 1) await expect.poll(() => stage.coordinators(), { timeout: forgottenAfterMs }).toEqual([]);
  const outcome = await stage.end();
  show(outcome, tookMs);

  expect([...outcome.complaints, ...left]).toEqual([]);
  expect(outcome.audits.exact).toBeGreaterThan(faults.length * rounds);
  // The faults did strike, and transactions met each other.
  expect(outcome.retries).toBeGreaterThan(0);
  for (const counter of ["transaction.wounds", "transaction.recoveries", "actor.redeliveries"]) {
    expect(outcome.totals[counter]).toBeGreaterThan(0);
  }
});
