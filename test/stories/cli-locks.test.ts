import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { projectWith, WorkerProcess } from "./cli-process.js";
import { places } from "./places.js";

/** Writes under a lock until there is a file `done`, or the lock is lost. */
const report = `import { existsSync } from "node:fs";
  import { setTimeout as sleep } from "node:timers/promises";
  import { Actor, ActorContext, Handler, inject } from "actor-runtime";
  @Actor("Report", { partitions: 4, replyRetention: "10m" }) export class Report {
    private readonly self = inject(ActorContext);
    @Handler({ timeout: "5m" }) async write(): Promise<number> {
      return await this.self.locks.withLock("report:2026", { wait: "4m" }, async ({ signal, fence }) => {
        while (!existsSync("done")) await sleep(10, undefined, { signal }).catch(() => signal.throwIfAborted());
        return fence;
      });
    }
  }`;

interface Locks {
  readonly locks: readonly {
    readonly name: string;
    readonly held?: {
      readonly mode: string;
      readonly fence: number;
      readonly holders: readonly { worker: string; claimed: boolean; remainingMs: number; heldMs: number }[];
    };
    readonly waiting: readonly { worker: string; mode: string; waitedMs: number; remainingMs: number }[];
  }[];
}

describe.each(places)("locks, in $name", { timeout: 60_000 }, ({ env }) => {
  let worker: WorkerProcess;
  let cwd: string;
  beforeAll(async () => {
    cwd = await projectWith({ "report.ts": report });
    worker = await WorkerProcess.start(["report.ts", "--worker-id", "w1"], { cwd, env: env() });
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  const shown = async (...args: string[]) => {
    const { code, stdout, stderr } = await worker.cli(args);
    expect([code, stderr]).toEqual([0, ""]);
    return stdout;
  };
  /** Asked over HTTP, which is quicker. */
  const locks = async () => ((await (await fetch(`${worker.url}/api/locks`)).json()) as Locks).locks;
  const write = (key: string) => worker.post(`Report/${key}/write`, "[]", { "actor-timeout": "4m" });
  const waiters = (count: number) =>
    vi.waitFor(async () => {
      const [lock] = await locks();
      expect([lock?.held?.holders[0]?.claimed, lock?.waiting.length]).toEqual([true, count]);
    }, 20_000);

  it("P10: shows holder and waiters with their times, and break frees a lock for the next", async () => {
    const first = write("a");
    await waiters(0);
    const second = write("b");
    await waiters(1);
    const third = write("c");
    await waiters(2);

    expect(await shown("locks", "ls", "report:")).toMatch(
      new RegExp(
        "^LOCK +MODE +WORKER +STATE +FOR +LEFT +FENCE\n" +
          "report:2026 +exclusive +w1 +holds +[\\d.]+ m?s +[\\d.]+ s +\\d{16}\n" +
          "(report:2026 +exclusive +w1 +waits +[\\d.]+ m?s +3m \\d+s +-\n){2}$",
      ),
    );
    expect(await shown("locks", "ls", "tax:")).toBe("no lock is held or waited for\n");
    const [before] = (JSON.parse(await shown("locks", "ls", "--json")) as Locks).locks;
    expect(before).toMatchObject({
      name: "report:2026",
      held: { mode: "exclusive", holders: [{ worker: "w1", request: expect.stringMatching(/^w1\/\w+\/\d+$/) }] },
      waiting: [{ worker: "w1", mode: "exclusive" }, { worker: "w1" }],
    });
    const { remainingMs } = before!.held!.holders[0]!;
    expect(remainingMs).toBeGreaterThan(0);
    expect(remainingMs).toBeLessThanOrEqual(10_000);
    const [head, tail] = before!.waiting;
    expect(head!.waitedMs).toBeGreaterThan(tail!.waitedMs);
    expect(before!.held!.holders[0]!.heldMs).toBeGreaterThan(head!.waitedMs);

    expect(await worker.cli(["locks", "break", "report:2026"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/report:2026 +exclusive +w1 +holds[^]*needs --yes where nobody can be asked/),
    });
    const { fence } = before!.held!;
    expect(await shown("locks", "break", "report:2026", "--yes")).toBe(
      `broken: report:2026, which w1 held; fence ${fence} is refused from now on\nnext: w1\n`,
    );
    const lost = await first;
    expect([lost.status, await lost.json()]).toMatchObject([409, { error: { code: "LOCK_LOST" } }]);
    await waiters(1);
    const [after] = await locks();
    expect(after!.held!.fence).toBeGreaterThan(fence);

    await writeFile(join(cwd, "done"), "");
    const fences = [await (await second).json(), await (await third).json()] as number[];
    expect(fences[0]).toBe(after!.held!.fence);
    expect(fences[1]).toBeGreaterThan(fences[0]!);
    await vi.waitFor(async () => expect(await locks()).toEqual([]), 20_000);
    expect(await worker.cli(["locks", "break", "report:2026", "--yes"])).toMatchObject({
      code: 1,
      stderr: "error: nobody holds the lock report:2026\n",
    });
  });

  it("are kept by types that lists leave out, unless asked by --all or by name", async () => {
    const lists = [["workers"], ["ring"], ["types", "ls"], ["actors", "ls"], ["inspect"]];
    for (const list of lists) {
      expect(await shown(...list, "--json")).not.toContain("$");
      expect(await shown(...list, "--all")).toMatch(/\$Lock|\$system/);
    }
    expect(await shown("ring", "$Lock/report:2026")).toMatch(/^\$Lock\/report:2026\n[^]* owner +w1/);
    expect(await shown("inspect", "$Lock")).toMatch(/^\$Lock: \d+ partitions of mailbox \$system\n/);
    expect(await shown("inspect", "$Lock/report:2026")).toMatch(/^\$Lock\/report:2026\n[^]* owner +w1\n/);
  });
});
