import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { RabbitProcess } from "../../services/rabbitmq-process.js";
import { RedisProcess } from "../../services/redis-process.js";
import { services } from "../../services/services.js";
import { LockStage, leaseMs, names, type Outcome } from "./lock-stage.js";
import { overtakings } from "./verdict.js";

const shared = await services();
const timeout = 120_000;
/** What may follow the end of a dead holder's lease before somebody else has the lock. */
const passOnMs = 1_000;

/** Every promise was kept. What became of those who got no lock is printed: they were told. */
function expectKept(story: string, { complaints, tries, failed, overlaps, refused }: Outcome): void {
  process.stdout.write(
    `${story}: ${tries.length} tries, failed: ${JSON.stringify(failed)}; ` +
      `${overlaps} overlaps unfenced, ${refused.length} writes refused\n`,
  );
  expect(complaints).toEqual([]);
}

describe("20 clients of four processes that contend for two locks, with three workers", () => {
  it("P10: get them in the order asked, one at a time, and nothing is left of it", { timeout }, async () => {
    await using stage = await LockStage.set(shared);
    await stage.goesOn(50);
    const outcome = await stage.end();
    expectKept("calm", outcome);
    expect(outcome.failed).toEqual({});
    expect(outcome.overlaps).toBe(0);
    const { complaints, compared } = overtakings(outcome.tries);
    expect(complaints).toEqual([]);
    expect(compared).toBeGreaterThan(20);
  });

  it("P10: a holder that is killed or frozen loses its lock within its lease, and knows when it wakes", {
    timeout,
  }, async () => {
    await using stage = await LockStage.set(shared);
    await stage.goesOn();
    const killed = await stage.strikeHolder("SIGKILL");
    expect(await stage.passesOn(killed.visit.name, killed.at)).toBeLessThan(leaseMs + passOnMs);
    await stage.startClients("clients-5");
    const frozen = await stage.strikeHolder("SIGSTOP");
    expect(await stage.passesOn(frozen.visit.name, frozen.at)).toBeLessThan(leaseMs + passOnMs);
    await stage.goesOn();
    stage.wake(frozen.process);
    await stage.awakening(frozen.visit.client);
    await stage.goesOn();
    const outcome = await stage.end();
    expectKept("holders struck", outcome);
    // Perhaps both locks were held in the process that was frozen.
    for (const awakening of outcome.awakenings) {
      expect(awakening).toMatchObject({ aborted: true, thrown: "LockLostError", accepted: false });
    }
    // Had the resource not looked at fences, the frozen one would have met somebody there.
    expect(outcome.overlaps).toBeGreaterThan(0);
    expect(outcome.refused.length).toBeGreaterThan(0);
  });

  it("P10: hold while the owner of a lock's actor is drained, killed and frozen", { timeout }, async () => {
    await using stage = await LockStage.set(shared);
    await stage.goesOn();
    expect(await stage.drainWorker(await stage.owner(names[0]))).toBe(0);
    await stage.goesOn();
    await stage.startWorker("worker-4");
    await stage.killWorker(await stage.owner(names[0]));
    await stage.goesOn();
    await stage.startWorker("worker-5");
    const frozen = await stage.owner(names[0]);
    stage.worker(frozen).signal("SIGSTOP");
    await stage.ownerOtherThan(frozen, names[0]);
    await sleep(leaseMs);
    stage.worker(frozen).signal("SIGCONT");
    await stage.goesOn();
    expectKept("owners struck", await stage.end());
  });

  it("P10: hold while Redis is stopped and killed and started again", { timeout }, async () => {
    await using redis = await RedisProcess.start({ appendfsync: "always" });
    await using stage = await LockStage.set({ ...shared, redisUrl: redis.url });
    for (const kill of [false, true]) {
      await stage.goesOn();
      await redis.restart({ kill });
    }
    await stage.goesOn();
    expectKept("Redis", await stage.end());
  });

  it("P10: hold while RabbitMQ is killed and started again", { timeout }, async () => {
    await using rabbit = await RabbitProcess.start();
    await using stage = await LockStage.set({ ...shared, amqpUrl: rabbit.url });
    await stage.goesOn();
    await rabbit.restart({ kill: true });
    await stage.goesOn();
    expectKept("RabbitMQ", await stage.end());
  });
});
