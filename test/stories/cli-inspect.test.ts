import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { actorRuntime, projectWith, WorkerProcess } from "./cli-process.js";
import { places, real } from "./places.js";

const shop = `import { existsSync } from "node:fs";
  import { Actor, ActorContext, Handler, inject, State } from "actor-runtime";
  @Actor("Bank", { partitions: 4, replyRetention: "30m" }) export class Bank {
    @Handler({ timeout: "10m" }) async book(): Promise<void> {
      while (!existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  @Actor("Shop", { partitions: 4 }) export class Shop {
    private readonly self = inject(ActorContext);
    @State() private sold = 0;
    @Handler() sell(amount: number): number { return (this.sold += amount); }
    @Handler({ timeout: "10m" }) async pay(): Promise<void> {
      await this.self.ref(Bank, "main").with({ timeout: "10m" }).book();
    }
    @Handler() fail(): void { throw new TypeError("out of paper"); }
  }`;

/** `actor-runtime inspect … --watch`, until it is stopped. */
function watching(args: readonly string[], env: Readonly<Record<string, string>>) {
  const bin = join(dirname(createRequire(import.meta.url).resolve("actor-runtime")), "../bin/actor-runtime.js");
  const child = spawn(process.execPath, [bin, "inspect", ...args, "--watch", "--interval", "50ms"], {
    env: { PATH: process.env.PATH, ...env },
  });
  let shown = "";
  child.stdout.on("data", (chunk: Buffer) => {
    shown += chunk.toString();
  });
  const errors = text(child.stderr);
  return {
    get shown() {
      return shown;
    },
    async stop(): Promise<{ code: number | null; stderr: string }> {
      child.kill("SIGINT");
      await once(child, "exit");
      return { code: child.exitCode, stderr: await errors };
    },
    [Symbol.dispose]: () => void child.kill("SIGKILL"),
  };
}

describe.each(places)("inspect, in $name", { timeout: 60_000 }, ({ env }) => {
  let worker: WorkerProcess;
  let cwd: string;
  let way: Record<string, string>;
  beforeAll(async () => {
    cwd = await projectWith({ "shop.ts": shop });
    const given = env();
    worker = await WorkerProcess.start(["shop.ts", "--worker-id", "w1"], { cwd, env: given });
    way = given.REDIS_URL === undefined ? { ACTOR_URL: worker.url } : given;
    await worker.post("Shop/idle/sell", "[3]");
    await worker.post("Shop/s/pay?tell", "[]");
    await vi.waitUntil(async () => (await shown("Shop/s")).includes("the answer of Bank/main"), 20_000);
    await worker.post("Shop/s/sell?tell", "[1]");
    await worker.post("Shop/f/fail?tell", "[]");
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  async function shown(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await worker.cli(["inspect", ...args]);
    expect([code, stderr]).toEqual([0, ""]);
    return stdout;
  }
  const json = async (...args: string[]) => JSON.parse(await shown(...args, "--json"));

  it("shows workers, what they have to do, types, and what runs longest", async () => {
    const stdout = await shown();
    expect(stdout).toMatch(
      /^WORKER +STATE +HELD\/ASSIGNED +SHARE +ACTORS +RUNNING +WAITING +PARKED +DELAYED +P50 +P99\n/,
    );
    expect(stdout).toMatch(/\nw1 +ready +16\/16 +100\.0% +\d +2 +1 +[01] +0 +[\d.]+ [µm]s +[\d.]+ [µm]s\n/);
    expect(stdout).toMatch(/\nBank +w1 +1 +1 +0 +0 +0 +- +-\n/);
    expect(stdout).toMatch(/\nShop\/s +pay +[\d.]+ m?s +Bank\/main\.book +w1\nBank\/main +book +[\d.]+ m?s +- +w1\n$/);
    expect(await json()).toMatchObject({ workers: [{ id: "w1", told: { load: { running: 2 } } }], silent: [] });
  });

  it("shows of a type its workers and partitions", async () => {
    const stdout = await shown("Bank");
    expect(stdout).toMatch(/^Bank: 4 partitions of mailbox Bank\nWORKER +PARTITIONS .*\nw1 +0-3 +1 +1 +0 .* -\n/);
    expect(stdout).toMatch(/\nPARTITION +WORKER .*\n\d +w1 +1 +1 +0 +0 +0\n/);
  });

  it("shows of an actor what it waits for, who asked it, how it failed, and its state on request", async () => {
    const seller = await shown("Shop/s");
    expect(seller).toMatch(/^Shop\/s\n {2}partition +\d of 4, mailbox Shop\n {2}owner +w1\n {2}phase +runs\n/);
    expect(seller).toMatch(/\n {2}running +pay, for [\d.]+ m?s\n {2}waits for +the answer of Bank\/main\.book, for /);
    expect(seller).toMatch(/gives up in \dm \d+s\n {2}messages +1 waiting, 0 parked, 0 not due yet\n$/);
    expect(await shown("Bank/main")).toMatch(/\n {2}asked by +Shop\/s\n/);
    await vi.waitFor(
      async () =>
        expect(await shown("Shop/f")).toMatch(/\n {2}last error +HANDLER_FAILED in fail, .* ago: out of paper/),
      20_000,
    );
    expect(await shown("Shop/idle")).not.toContain("state");
    expect(await shown("Shop/idle", "--state")).toMatch(/\n {2}phase +idle\n[^]*\n {2}state +\{"sold":3\}\n$/);
    expect(await json("Shop/nobody", "--state")).toMatchObject({ report: { phase: "absent" }, state: null });
    expect(await shown("Shop/nobody")).toContain("  phase       not in memory; a message wakes it\n");
  });

  it("is under /api too, word for word", async () => {
    const api = (await (await fetch(`${worker.url}/api/inspect/Shop/idle?state=1`)).json()) as Record<string, unknown>;
    const { at: _, ...report } = api["report"] as { at: number };
    expect(await json("Shop/idle", "--state")).toMatchObject({ ...api, report });
    expect(await (await fetch(`${worker.url}/api/inspect`)).json()).toMatchObject({ workers: [{ id: "w1" }] });
    expect(await (await fetch(`${worker.url}/api/inspect/Bank`)).json()).toMatchObject({ type: "Bank" });
  });

  it("refuses what it cannot inspect with 2 and the fix", async () => {
    const wrong: [string[], string][] = [
      [["Nobody"], 'no worker has ever hosted actors of type "Nobody"; check the name, or see actor-runtime types ls'],
      [["Nobody/x"], "no worker has ever hosted"],
      [["Shop/"], "key"],
      [["9/x"], "type"],
      [["Shop", "--state"], "--state is about one actor: name it, for example inspect Account/alice --state"],
      [["--watch", "--interval", "often"], '--interval: "often" must be a duration above 0, for example 500ms or 2s'],
    ];
    for (const [args, message] of wrong) {
      const { code, stderr } = await worker.cli(["inspect", ...args]);
      expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    }
  });

  it("--watch shows it again and again until Ctrl-C, and ends with 0", async () => {
    using people = watching(["Shop/s"], way);
    await vi.waitFor(() => expect(people.shown.split("Shop/s\n").length).toBeGreaterThan(15), 20_000);
    expect(await people.stop()).toEqual({ code: 0, stderr: "" });
    expect(people.shown).not.toContain("\x1b");

    using programs = watching(["--json"], way);
    await vi.waitFor(() => expect(programs.shown.split("\n").length).toBeGreaterThan(2), 20_000);
    expect(await programs.stop()).toEqual({ code: 0, stderr: "" });
    for (const line of programs.shown.trimEnd().split("\n")) {
      expect(JSON.parse(line)).toMatchObject({ workers: [{ id: "w1" }] });
    }
  });

  it("a worker that gets SIGUSR2 logs what it has to do, and goes on", async () => {
    worker.kill("SIGUSR2");
    await vi.waitFor(() => expect(worker.log).toContain("turns run"), 20_000);
    const line = worker.log.split("\n").find((each) => each.includes("turns run"))!;
    expect(JSON.parse(line)).toMatchObject({
      report: { worker: "w1", turns: { items: [{ address: "Shop/s", handler: "pay" }, { address: "Bank/main" }] } },
    });
    expect(await (await worker.post("Shop/idle/sell", "[0]")).json()).toBe(3);
  });
});

describe("inspect with two workers on RabbitMQ and Redis", { timeout: 60_000 }, () => {
  it("finds an actor on either, and names a frozen worker instead of leaving it out", async () => {
    const env = real.env();
    const cwd = await projectWith({ "shop.ts": shop });
    await using one = await WorkerProcess.start(["shop.ts", "--worker-id", "w1", "--lease", "60s"], { cwd, env });
    await using two = await WorkerProcess.start(["shop.ts", "--worker-id", "w2", "--lease", "60s"], { cwd, env });
    const inspect = async (...args: string[]) => (await actorRuntime(["inspect", ...args], { env })).stdout;
    await vi.waitFor(async () => expect(await inspect()).toMatch(/\nw1 +ready +8\/8 .*\nw2 +ready +8\/8 /), {
      timeout: 30_000,
      interval: 100,
    });
    await one.post("Shop/s/pay?tell", "[]");
    await vi.waitFor(async () => expect(await inspect("Shop/s")).toContain("the answer of Bank/main"), 20_000);
    const { holder } = JSON.parse(await inspect("Bank/main", "--json"));
    const [frozen, other] = holder === "w1" ? [one, "w2"] : [two, "w1"];
    expect(JSON.parse(await inspect("--json"))).toMatchObject({ silent: [] });

    frozen.kill("SIGSTOP");
    const began = performance.now();
    const stdout = await inspect();
    expect(performance.now() - began).toBeLessThan(10_000);
    const row = (id: string) => stdout.split("\n").find((line) => line.startsWith(`${id} `));
    expect(row(holder)).toMatch(/ready +8\/8 +50\.0% +\? +\?/);
    expect(row(other)).toMatch(/ready +8\/8 +50\.0% +1 +1/);
    expect(stdout).toContain(`\n${holder} did not answer within 2 s\n`);
    expect(await inspect("Bank/main")).toContain(`phase       unknown: ${holder} did not answer within 2 s\n`);
    expect(JSON.parse(await inspect("Bank", "--json"))).toMatchObject({
      silent: [holder],
      reports: [{ worker: other }],
    });

    frozen.kill("SIGCONT");
    await vi.waitFor(async () => expect(JSON.parse(await inspect("--json"))).toMatchObject({ silent: [] }), 20_000);
    await writeFile(join(cwd, "go"), "");
    await vi.waitFor(async () => expect(await inspect("Shop/s")).not.toContain("waits for"), 20_000);
    expect(await inspect("Shop/s")).toMatch(/phase +idle\n/);
  });
});
