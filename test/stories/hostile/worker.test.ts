import { SystemClock } from "@actor-runtime/embedded";
import { Actor, Handler, Query, State } from "@actor-runtime/runtime";
import { describe, expect, it } from "vitest";
import { services } from "../../services/services.js";
import { judge } from "../chaos/judge.js";
import { perform } from "../chaos/perform.js";
import { StoryProcess } from "../chaos/story-process.js";
import { House } from "./house.js";

const urls = await services();
const minute = 60_000;
const started: [name: string, at: number][] = [];

@Actor("Timed", { partitions: 1, attempts: 2 })
class Timed {
  @State() private readonly names: string[] = [];

  @Handler() add(name: string): number {
    started.push([name, performance.now()]);
    return this.names.push(name);
  }
  @Handler() failOnce(name: string): void {
    started.push([name, performance.now()]);
    if (started.filter(([other]) => other === name).length === 1) throw new Error("not yet");
    this.names.push(name);
  }
  @Query() all(): string[] {
    return this.names;
  }
}

/** A wall clock that can be set; time itself goes on as it does. */
class SettableClock extends SystemClock {
  offBy = 0;

  override now(): number {
    return super.now() + this.offBy;
  }
}

describe("P1 and P2: a wall clock", () => {
  it.each([
    ["ahead of", 10 * minute],
    ["behind", -10 * minute],
  ])("ten minutes %s the store's delays nothing, hurries nothing and refuses nothing", async (_, offBy) => {
    const house = new House(urls);
    const [fast, slow] = [new SettableClock(), new SettableClock()];
    fast.offBy = offBy;
    slow.offBy = -offBy;
    await house.host([Timed], { clock: fast });
    const client = await house.host([], { clock: slow });
    const actor = client.ref(Timed, "t");
    expect(await actor.with({ timeout: "2s", idempotencyKey: "k" }).add("asked")).toBe(1);
    const sent = performance.now();
    await actor.with({ delay: "500ms" }).tell.add(`delayed ${offBy}`);
    await expect.poll(() => actor.all()).toEqual(["asked", `delayed ${offBy}`]);
    expect(started.find(([name]) => name === `delayed ${offBy}`)![1] - sent).toBeGreaterThan(450);
    expect(await actor.with({ timeout: "2s", idempotencyKey: "k" }).add("asked")).toBe(1);
    const reports = () => house.lines.filter(({ line }) => line.includes("clock differs")).length;
    await expect.poll(reports).toBe(1);
  });

  it.each([
    ["ahead", 10 * minute],
    ["back", -10 * minute],
  ])("that jumps ten minutes %s under a worker neither drops its partitions nor holds retries up", async (_, jump) => {
    const house = new House(urls);
    const clock = new SettableClock();
    await house.host([Timed], { clock });
    const actor = (await house.host([])).ref(Timed, "t");
    await actor.tell.failOnce(`before ${jump}`);
    await expect.poll(() => started.some(([name]) => name === `before ${jump}`)).toBe(true);
    clock.offBy = jump;
    await actor.tell.failOnce(`after ${jump}`);
    expect(await actor.with({ timeout: "5s" }).add("asked")).toBe(3);
    expect(await actor.all()).toEqual([`before ${jump}`, `after ${jump}`, "asked"]);
    await expect.poll(() => house.lines.filter(({ line }) => line.includes("clock differs")).length).toBe(1);
    expect(house.telemetry.totals["actor.partitions_lost"]).toBeUndefined();
  });
});

it("P1, P2 and P3: SIGTERM of a worker under load loses nothing and fails no call", { timeout: 60_000 }, async () => {
  const { namespace } = new House(urls);
  const member = (name: string) => ({ ...urls, namespace, name });
  const keys = Array.from({ length: 20 }, (_, index) => `ledger-${index}`);
  const load = { sender: "client", keys, tells: 1_500, asks: 1_500, concurrency: 64, timeoutMs: 20_000, seed: 1 };
  const client = await StoryProcess.start("client", member("client"));
  let worker = await StoryProcess.start("worker", member("worker-1"));
  const replace = async () => {
    await worker.end("SIGTERM");
    worker = await StoryProcess.start("worker", member("worker-2"));
  };
  try {
    const journal = await perform([{ driver: client.drive.bind(client), load }], [{ at: 0.4, strike: replace }]);
    expect(journal.filter(({ end }) => end.is === "failed")).toEqual([]);
    expect(await judge(member("judge"), keys, journal, () => worker.end("SIGTERM"))).toEqual([]);
  } finally {
    await Promise.all([client, worker].map((each) => each.end("SIGKILL")));
  }
});
