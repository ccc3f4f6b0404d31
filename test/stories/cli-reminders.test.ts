import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { actorRuntime, projectWith, WorkerProcess } from "./cli-process.js";
import { places } from "./places.js";

/** Reminders that are due tick until there is a file `done`. */
const plan = `import { existsSync } from "node:fs";
  import { setTimeout as sleep } from "node:timers/promises";
  import { Actor, ActorContext, Every, Handler, inject, type ReminderTime, State } from "actor-runtime";
  @Actor("Plan", { partitions: 4 }) export class Plan {
    private readonly self = inject(ActorContext);
    @State() private count = 0;
    @Handler() set(name: string, time: ReminderTime): void { this.self.reminders.set(name, time, "tick", "private"); }
    @Handler({ timeout: "5m" }) async tick(): Promise<void> {
      while (!existsSync("done")) await sleep(10, undefined, { signal: this.self.signal });
      this.count++;
    }
  }
  @Actor("Clock", { partitions: 4 }) export class Clock {
    @Handler() wake(): void {}
    @Every({ cron: "0 3 * * *", tz: "Europe/Berlin" }) @Handler() refresh(): void {}
  }`;

interface Page {
  readonly at: number;
  readonly reminders: readonly { address: string; name: string; dueAt: number; overdueMs?: number }[];
  readonly more: boolean;
}

describe.each(places)("reminders, in $name", { timeout: 60_000 }, ({ env, transport }) => {
  let worker: WorkerProcess;
  let cwd: string;
  let variables: Record<string, string>;
  beforeAll(async () => {
    cwd = await projectWith({ "plan.ts": plan });
    variables = env();
    worker = await WorkerProcess.start(["plan.ts", "--worker-id", "w1"], { cwd, env: variables });
    const set = (key: string, name: string, time: object) =>
      worker.post(`Plan/${key}/set`, JSON.stringify([name, time]));
    await set("a", "renew", { every: "30d", missed: "skip" });
    await set("a", "remind", { in: "90m" });
    await set("b", "renew", { every: "1h" });
    await set("c", "old", { at: 1_700_000_000_000 });
    await worker.post("Clock/tower/wake", "[]");
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  const shown = async (...args: string[]) => {
    const { code, stdout, stderr } = await worker.cli(args);
    expect([code, stderr]).toEqual([0, ""]);
    return stdout;
  };
  /** Asked over HTTP, which is quicker. */
  const page = async (path = "") => (await (await fetch(`${worker.url}/api/reminders${path}`)).json()) as Page;

  it("are listed, the one that is due first first, of all actors or those asked for", async () => {
    expect(await shown("reminders", "ls", "Plan")).toMatch(
      new RegExp(
        "^ACTOR +NAME +HANDLER +DUE +REPEATS +MISSED +TICK\n" +
          "Plan/c +old +tick +\\d+d \\d+h late +- +once +1\n" +
          "Plan/b +renew +tick +in 5\\dm \\d+s +every 1h +once +1\n" +
          "Plan/a +remind +tick +in 1h 2\\dm +- +once +1\n" +
          "Plan/a +renew +tick +in 29d 23h +every 30d +skip +1\n$",
      ),
    );
    const found = JSON.parse(await shown("reminders", "ls", "Plan/a", "--due-within", "2h", "--json")) as Page;
    expect(found).toMatchObject({ reminders: [{ address: "Plan/a", name: "remind", tick: 1 }], more: false });
    expect(JSON.stringify(found)).not.toContain("private");
    expect(await page("/Plan?limit=1")).toMatchObject({ reminders: [{ address: "Plan/c" }], more: true });
    expect((await page("/Plan?prefix=b")).reminders).toMatchObject([{ address: "Plan/b" }]);
    const own = {
      address: "Clock/tower",
      name: "@refresh",
      handler: "refresh",
      cron: "0 3 * * *",
      tz: "Europe/Berlin",
    };
    expect((await page("/Clock")).reminders).toMatchObject([own]);
    expect((await page()).reminders).toContainEqual(expect.objectContaining(own));
  });

  it("that are overdue are found by ls, inspect and doctor, each with how late they are", async () => {
    expect((JSON.parse(await shown("reminders", "ls", "--overdue", "--json")) as Page).reminders).toMatchObject([
      { address: "Plan/c", name: "old", dueAt: 1_700_000_000_000, overdueMs: expect.any(Number) },
    ]);
    await vi.waitFor(async () => {
      const inspection = await (await fetch(`${worker.url}/api/inspect/Plan/c`)).json();
      expect(inspection).toMatchObject({ report: { turn: { handler: "tick" } } });
    }, 20_000);
    expect(await shown("inspect", "Plan/c")).toMatch(
      / running +tick, for [^\n]+\n[^]* reminder +old, \d+d \d+h late\n/,
    );
    expect(await shown("inspect", "Plan/a")).toMatch(/ reminder +remind, in 1h 2\dm\n/);
    if (transport === "rabbitmq") {
      const { code, stdout } = await actorRuntime(["doctor", "--port", "0"], { cwd, env: variables });
      expect([code, stdout]).toEqual([0, expect.stringMatching(/Plan: 1 overdue, "old" of Plan\/c for \d+d \d+h/)]);
      expect(stdout).toContain("actor-runtime inspect Plan/c says what it waits for");
    }
  });

  it("stand beside the state of their actor, which stays JSON", async () => {
    const { code, stdout, stderr } = await worker.cli(["actors", "show", "Plan/a"]);
    expect([code, JSON.parse(stdout)]).toEqual([0, { count: 0 }]);
    expect(stderr).toMatch(/^\nACTOR +NAME[^]*\nPlan\/a +remind [^]*\nPlan\/a +renew /);
    expect(JSON.parse(await shown("actors", "show", "Plan/a", "--json"))).toMatchObject({
      address: "Plan/a",
      state: { count: 0 },
      reminders: [{ name: "remind" }, { name: "renew" }],
    });
  });

  it("are cancelled once that is confirmed, but not those of the class, and none that there is not", async () => {
    const cancel = (...args: string[]) => worker.cli(["reminders", "cancel", ...args]);
    expect(await cancel("Plan/a", "renew")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/Plan\/a +renew +tick +in 29d 23h[^]*needs --yes where nobody can be asked/),
    });
    expect(await shown("reminders", "cancel", "Plan/a", "renew", "--yes")).toBe("cancelled: renew of Plan/a\n");
    expect((await page("/Plan/a")).reminders.map(({ name }) => name)).toEqual(["remind"]);
    expect(await cancel("Plan/a", "renew", "--yes")).toMatchObject({
      code: 1,
      stderr: 'error: Plan/a has no reminder "renew"\n',
    });
    expect(await cancel("Clock/tower", "@refresh", "--yes")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        "take that out of class Clock, or stop all turns of the actor: actor-runtime pause",
      ),
    });
  });

  it("that were late are no more once their tick is done", async () => {
    await writeFile(join(cwd, "done"), "");
    await vi.waitFor(async () => expect((await page("?within=0s")).reminders).toEqual([]), 20_000);
    expect(await shown("reminders", "ls", "Plan/c")).toBe("no reminders\n");
  });
});

describe("reminders", { timeout: 60_000 }, () => {
  it.each([
    [["--overdue", "--due-within", "1h"], "either --overdue or --due-within, not both"],
    [["--due-within", "soon"], '--due-within: "soon" is no duration'],
    [["--limit", "0"], '--limit: "0" must be a whole number above 0'],
  ])("are not looked for where the command line is wrong: %j", async (args, message) => {
    const { code, stderr } = await actorRuntime(["reminders", "ls", ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`error: ${message}`)]);
  });
});
