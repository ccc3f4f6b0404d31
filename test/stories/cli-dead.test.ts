import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { actorRuntime, projectWith, WorkerProcess } from "./cli-process.js";
import { places } from "./places.js";

/** Fails until its file is there. */
const ledger = (mended: string) => `
  import { existsSync } from "node:fs";
  import { Actor, Handler, Query, RejectedError, State } from "actor-runtime";
  @Actor("Ledger", { attempts: 1, partitions: 2 }) export class Ledger {
    @State() private lines: string[] = [];
    @Handler() add(line: string): void {
      if (!existsSync(${JSON.stringify(mended)})) throw new TypeError("the ledger is broken");
      this.lines.push(line);
    }
    @Handler() refuse(): void { throw new RejectedError("closed for good", { code: "CLOSED" }); }
    @Query() read(): string[] { return this.lines; }
  }`;

describe.each(places)("dead letters in $name", { timeout: 60_000 }, ({ env }) => {
  let worker: WorkerProcess;
  let mended: string;
  beforeAll(async () => {
    const cwd = await projectWith({});
    mended = join(cwd, "mended");
    await writeFile(join(cwd, "ledger.ts"), ledger(mended));
    worker = await WorkerProcess.start(["ledger.ts"], { cwd, env: env() });
    await worker.cli(["tell", "Ledger/a", "add", '"one"']);
    await worker.cli(["tell", "Ledger/b", "add", '"two"']);
    await worker.cli(["tell", "Ledger/c", "refuse"]);
    await vi.waitUntil(async () => (await list()).length === 3, { timeout: 20_000 });
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  async function list(...args: string[]): Promise<{ id: string; address: string }[]> {
    const { stdout } = await worker.cli(["dead", "ls", "--json", ...args]);
    return (JSON.parse(stdout) as { letters: { id: string; address: string }[] }).letters;
  }
  const addresses = async (...args: string[]) => (await list(...args)).map(({ address }) => address).toSorted();

  it("are listed in a table with age, handler, cause, attempts and, where there is one, trace", async () => {
    const { code, stdout } = await worker.cli(["dead", "ls", "Ledger", "--key", "a"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^ID +AGE +ADDRESS +HANDLER +CAUSE +ATTEMPTS +TRACE\n\S+ +\d+s +Ledger\/a +add +HANDLER_FAILED: the l.* 1 +-\n$/,
    );
  });

  it("are chosen by type, key, reason and age", async () => {
    expect(await addresses("--reason", "closed")).toEqual(["Ledger/c"]);
    expect(await addresses("--type", "Ledger", "--reason", "TypeError")).toEqual(["Ledger/a", "Ledger/b"]);
    expect(await addresses("--older", "1h")).toEqual([]);
    expect(await addresses("--younger", "1h", "--key", "b")).toEqual(["Ledger/b"]);
    expect(await addresses("--limit", "2")).toHaveLength(2);
    expect(await addresses("Other")).toEqual([]);
  });

  it("are shown with stack, arguments and attempts", async () => {
    const [{ id }] = (await list("--key", "a")) as [{ id: string; address: string }];
    const { stdout } = await worker.cli(["dead", "show", id]);
    expect(JSON.parse(stdout)).toMatchObject({
      id,
      address: "Ledger/a",
      handler: "add",
      attempts: 1,
      message: { kind: "tell", args: ["one"] },
      cause: { class: "HandlerError", name: "TypeError", stack: expect.stringContaining("ledger.ts") },
    });
    expect(await worker.cli(["dead", "show", "none:1"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("none:1"),
    });
  });

  it("are only counted by --dry-run", async () => {
    expect(await worker.cli(["dead", "retry", "--dry-run"])).toMatchObject({
      code: 0,
      stdout: "would be sent again: 3\n",
    });
    expect(await worker.cli(["dead", "drop", "--dry-run"])).toMatchObject({ code: 0, stdout: "would be dropped: 3\n" });
    expect(await list()).toHaveLength(3);
  });

  it("P1: are retried once the fault is mended, and take effect once", async () => {
    await writeFile(mended, "");
    const retry = ["dead", "retry", "Ledger", "--reason", "broken"];
    expect(await worker.cli(retry)).toMatchObject({ code: 0, stdout: "sent again: 2\n" });
    expect(await worker.cli(["call", "Ledger/a", "read"])).toMatchObject({ stdout: '["one"]\n' });
    expect(await worker.cli(["call", "Ledger/b", "read"])).toMatchObject({ stdout: '["two"]\n' });
    expect(await worker.cli(retry)).toMatchObject({ code: 0, stdout: "sent again: 0\n" });
    expect(await addresses()).toEqual(["Ledger/c"]);
  });

  it("are dropped when somebody says so", async () => {
    expect(await worker.cli(["dead", "drop", "Ledger"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--yes"),
    });
    expect(await worker.cli(["dead", "drop", "Ledger", "--yes"])).toMatchObject({ code: 0, stdout: "dropped: 1\n" });
    expect(await list()).toEqual([]);
  });
});

it.each([
  [["--type", "no type"], "no actor type"],
  [["--older", "soon"], "--older"],
  [["--limit", "none"], "--limit"],
  [["Ledger", "--type", "Other"], "two types"],
])("dead letters are not chosen by %j: exit code 2, and the flag is named", async (args, message) => {
  expect(await actorRuntime(["dead", "ls", ...args])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(message),
  });
});

describe.each(places)("an operator's pause in $name", { timeout: 60_000 }, ({ env }) => {
  it("stops a type within a second; what waited runs when it is resumed", async () => {
    const cwd = await projectWith({ "ledger.ts": ledger(".") });
    await using worker = await WorkerProcess.start(["ledger.ts"], { cwd, env: env() });
    expect(await worker.cli(["pause", "Ledger"])).toEqual({ code: 0, stdout: "paused now: Ledger\n", stderr: "" });
    await expect.poll(() => worker.log).toContain("Ledger is paused");
    await worker.cli(["tell", "Ledger/a", "add", '"waited"']);
    expect(await worker.cli(["call", "Ledger/a", "read", "--timeout", "1s"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("ASK_TIMEOUT"),
    });
    expect((await worker.cli(["actors", "ls"])).stdout).toMatch(/Ledger +paused/);
    expect((await fetch(`${worker.url}/readyz`)).status).toBe(200);
    expect(await worker.cli(["resume", "Ledger"])).toEqual({ code: 0, stdout: "paused now: nothing\n", stderr: "" });
    expect(await worker.cli(["call", "Ledger/a", "read"])).toMatchObject({ code: 0, stdout: '["waited"]\n' });
  });

  it("of something that does not exist is refused", async () => {
    const cwd = await projectWith({ "ledger.ts": ledger(".") });
    await using worker = await WorkerProcess.start(["ledger.ts"], { cwd, env: env() });
    expect(await worker.cli(["pause", "Legder"])).toMatchObject({ code: 1, stderr: expect.stringContaining("Legder") });
    expect(await worker.cli(["pause", "Ledger/"])).toMatchObject({ code: 2, stderr: expect.stringContaining("empty") });
  });
});
