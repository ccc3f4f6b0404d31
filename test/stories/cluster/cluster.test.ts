import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { services } from "../../services/services.js";
import { type ClusterOutcome, ClusterStage, leaseMs } from "./cluster-stage.js";

const shared = await services();
const timeout = 120_000;
const three = { "worker-1": {}, "worker-2": {}, "worker-3": {} };
const names = Object.keys(three);
/** How long load goes on before something happens, and after it is over. */
const calmMs = 2_000;

/** What `exitCodes.stuck` of the command line stands for. */
const stuck = 70;

/** Every promise was kept, under load. How long clients had to wait is printed: it is what a change costs them. */
function expectKept(story: string, { complaints, figures, silence }: ClusterOutcome): void {
  const { succeeded, failed, seconds, totals } = figures;
  const refused = totals["actor.fence_refusals"] ?? 0;
  process.stdout.write(
    `${story}: ${succeeded} calls in ${seconds.toFixed(1)} s, failed: ${JSON.stringify(failed)}; ` +
      `a partition was silent for ${Math.round(Math.max(...silence.partitions))} ms at most, ` +
      `an answer took ${Math.round(silence.longestWait)} ms at most; ${refused} commits were refused\n`,
  );
  expect(complaints).toEqual([]);
  expect(succeeded).toBeGreaterThan(500);
}

describe("three workers under constant load from two clients", () => {
  it("P1, P2 and P3 hold while a fourth joins, and no call fails", { timeout }, async () => {
    await using stage = await ClusterStage.set(shared, three);
    const outcome = await stage.play(async () => {
      await sleep(calmMs);
      await stage.startWorker("worker-4");
      await stage.balanced([...names, "worker-4"]);
      await sleep(calmMs);
    });
    expectKept("join", outcome);
    expect(outcome.figures.failed).toEqual({});
  });

  it("P1, P2 and P3 hold while one ends on SIGTERM, and no call fails", { timeout }, async () => {
    await using stage = await ClusterStage.set(shared, three);
    const outcome = await stage.play(async () => {
      await sleep(calmMs);
      await stage.worker("worker-2").end("SIGTERM");
      await stage.balanced(["worker-1", "worker-3"]);
      await sleep(calmMs);
    });
    expectKept("drain", outcome);
    expect(outcome.figures.failed).toEqual({});
  });

  it("P1, P2 and P3 hold while one is killed with SIGKILL and another takes its place", { timeout }, async () => {
    await using stage = await ClusterStage.set(shared, three);
    const outcome = await stage.play(async () => {
      await sleep(calmMs);
      await stage.worker("worker-2").end("SIGKILL");
      await stage.balanced(["worker-1", "worker-3"]);
      await stage.startWorker("worker-4");
      await stage.balanced(["worker-1", "worker-3", "worker-4"]);
    });
    expectKept("kill", outcome);
    expect(outcome.figures.redeliveries).toBeGreaterThan(0);
  });

  it("P6: one that sleeps for longer than its lease and wakes unaware is refused its commits", {
    timeout,
  }, async () => {
    await using stage = await ClusterStage.set(shared, { ...three, "worker-2": { unaware: true } });
    const zombie = stage.worker("worker-2");
    const refusals = () => zombie.totals["actor.fence_refusals"] ?? 0;
    const outcome = await stage.play(async () => {
      await sleep(calmMs);
      zombie.signal("SIGSTOP");
      await expect.poll(() => stage.holders(), { timeout: 10 * leaseMs }).not.toContain("worker-2");
      await stage.balanced(["worker-1", "worker-3"]);
      expect(refusals()).toBe(0);
      zombie.signal("SIGCONT");
      await expect.poll(refusals, { timeout: 2 * leaseMs }).toBeGreaterThan(0);
      await stage.balanced(names);
      await sleep(calmMs);
    });
    expectKept("zombie", outcome);
  });

  it("P1, P2 and P3 hold while the watchdog ends one whose event loop stands still", { timeout }, async () => {
    await using stage = await ClusterStage.set(shared, { ...three, "worker-2": { watchdog: true } });
    const blocked = stage.worker("worker-2");
    const outcome = await stage.play(async () => {
      await sleep(calmMs);
      blocked.block(60_000);
      expect(await blocked.ended()).toBe(stuck);
      await stage.balanced(["worker-1", "worker-3"]);
      await sleep(calmMs);
    });
    expectKept("watchdog", outcome);
  });
});

describe("two clusters on one RabbitMQ and one Redis", () => {
  it("never take or see each other's partitions, whatever happens in one of them", { timeout }, async () => {
    await using here = await ClusterStage.set(shared, { "worker-1": {}, "worker-2": {} });
    await using there = await ClusterStage.set(shared, { "worker-1": {}, "worker-2": {}, "worker-3": {} });
    const holders = await there.holders();
    const playing = there.play(async () => {
      const outcome = await here.play(async () => {
        await sleep(calmMs);
        await here.worker("worker-2").end("SIGKILL");
        await here.balanced(["worker-1"]);
        expect(await here.members()).toEqual(["worker-1"]);
        await sleep(calmMs);
      });
      expectKept("two clusters, here", outcome);
      expect(await there.holders()).toEqual(holders);
      expect(await there.members()).toEqual(["worker-1", "worker-2", "worker-3"]);
    });
    const outcome = await playing;
    expectKept("two clusters, there", outcome);
    expect(outcome.figures.failed).toEqual({});
    expect(outcome.figures.redeliveries).toBe(0);
  });
});
