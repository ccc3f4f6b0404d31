import { setTimeout as sleep } from "node:timers/promises";
import { SeededRandom } from "@actor-runtime/embedded";
import { describe, expect, it, onTestFailed } from "vitest";
import { RabbitProcess } from "../../services/rabbitmq-process.js";
import { RedisProcess } from "../../services/redis-process.js";
import { services } from "../../services/services.js";
import { TcpProxy } from "../../services/tcp-proxy.js";
import type { Fault } from "./perform.js";
import { type Outcome, Stage } from "./stage.js";

const shared = await services();
const timeout = 120_000;

/** A fault each time the given share of all calls has ended, up to nine tenths of them. */
function every(share: number, strike: (round: number) => void | Promise<void>): Fault[] {
  const faults = Math.ceil(0.9 / share) - 1;
  return Array.from({ length: faults }, (_, round) => ({ at: (round + 1) * share, strike: () => strike(round) }));
}

/** Commits take effect and nobody hears of it for longer than a lease lasts, so that their messages surely come again. */
async function loseAnswers(path: TcpProxy): Promise<void> {
  path.blackhole("down");
  await sleep(3_000);
}

/** Every promise was kept, most calls succeeded, and the counters show that the faults did strike. */
function expectKept({ complaints, figures, logs }: Outcome): void {
  onTestFailed(() => void process.stderr.write(`${JSON.stringify(figures, null, 2)}\n${logs}`));
  expect(complaints).toEqual([]);
  expect(figures.succeeded).toBeGreaterThan(10_000);
  expect(figures.redeliveries).toBeGreaterThan(0);
  expect(figures.duplicates).toBeGreaterThan(0);
  expect(figures.replays).toBeGreaterThan(0);
}

describe("10,000 tells and 10,000 asks from 2 clients to 200 actors", () => {
  it("P1, P2 and P3 hold while the worker is killed with SIGKILL four times", { timeout }, async () => {
    await using stage = await Stage.set({ worker: shared, clients: shared, direct: shared });
    const outcome = await stage.play(every(0.18, () => stage.killWorker()));
    expectKept(outcome);
  });

  it("P1, P2 and P3 hold while connections to RabbitMQ are cut and reset at random", { timeout }, async () => {
    await using workerPath = await TcpProxy.to(shared.amqpUrl);
    await using clientPath = await TcpProxy.to(shared.amqpUrl);
    await using stage = await Stage.set({
      worker: { ...shared, amqpUrl: workerPath.url },
      clients: { ...shared, amqpUrl: clientPath.url },
      direct: shared,
    });
    const random = new SeededRandom(1);
    const outcome = await stage.play(
      every(0.05, () => {
        for (const path of [workerPath, clientPath]) {
          const dice = random.next();
          if (dice < 0.4) path.cut();
          else if (dice < 0.8) path.reset();
        }
      }),
    );
    expect(workerPath.struck).toBeGreaterThan(0);
    expect(clientPath.struck).toBeGreaterThan(0);
    expectKept(outcome);
  });

  it("P1, P2 and P3 hold while Redis is stopped, killed and started again", { timeout }, async () => {
    await using redis = await RedisProcess.start({ appendfsync: "always" });
    await using path = await TcpProxy.to(redis.url);
    const routes = { ...shared, redisUrl: redis.url };
    await using stage = await Stage.set({ worker: { ...routes, redisUrl: path.url }, clients: routes, direct: routes });
    const outcome = await stage.play(
      every(0.1, async (round) => {
        if (round % 3 === 1) await loseAnswers(path);
        await redis.restart({ kill: round % 2 === 0 });
        path.resume();
      }),
    );
    expectKept(outcome);
  });

  it("P1, P2 and P3 hold while Redis cannot be reached, for less than a lease and for longer", {
    timeout,
  }, async () => {
    await using path = await TcpProxy.to(shared.redisUrl);
    const routes = { ...shared, redisUrl: path.url };
    await using stage = await Stage.set({ worker: routes, clients: routes, direct: shared });
    const outcome = await stage.play(
      every(0.18, async (round) => {
        if (round % 2 === 0) {
          path.blackhole();
          await sleep(700);
        } else {
          await loseAnswers(path);
        }
        path.resume();
      }),
    );
    expect(path.struck).toBeGreaterThan(0);
    expectKept(outcome);
  });

  it("P1, P2 and P3 hold while RabbitMQ is stopped, killed and started again", { timeout }, async () => {
    await using rabbit = await RabbitProcess.start();
    const routes = { ...shared, amqpUrl: rabbit.url };
    await using stage = await Stage.set({ worker: routes, clients: routes, direct: routes });
    const outcome = await stage.play(every(0.3, (round) => rabbit.restart({ kill: round % 2 === 0 })));
    expectKept(outcome);
  });
});
