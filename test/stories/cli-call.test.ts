import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accountFile, actorRuntime, WorkerProcess } from "./cli-process.js";
import { places } from "./places.js";

describe.each(places)("the command line against a running worker in $name", { timeout: 60_000 }, ({ env }) => {
  let worker: WorkerProcess;
  beforeAll(async () => {
    worker = await WorkerProcess.start([accountFile], { env: env() });
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  it("call prints the reply as JSON and nothing else", async () => {
    expect(await worker.cli(["call", "Account/alice", "deposit", "100"])).toEqual({
      code: 0,
      stdout: "100\n",
      stderr: "",
    });
    expect(await worker.cli(["call", "Account/alice", "current"])).toMatchObject({ code: 0, stdout: "100\n" });
  });

  it("call prints nothing when the handler returns nothing", async () => {
    expect(await worker.cli(["call", "Account/quiet", "remember", "3"])).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("call passes any JSON on, negative numbers, text with spaces and stdin included", async () => {
    expect(await worker.cli(["call", "Account/a", "echo", "-5"])).toMatchObject({ code: 0, stdout: "-5\n" });
    const value = JSON.stringify({ text: "two words", day: { $date: "2026-01-02T03:04:05.000Z" } });
    expect(await worker.cli(["call", "Account/a/b c", "echo", "-"], { stdin: value })).toMatchObject({
      code: 0,
      stdout: `${value}\n`,
    });
  });

  it("call shows an actor's refusal with its class and code on stderr and exits 1", async () => {
    expect(await worker.cli(["call", "Account/poor", "withdraw", "1"])).toEqual({
      code: 1,
      stdout: "",
      stderr: "RejectedError [INSUFFICIENT_FUNDS]: insufficient funds\n",
    });
  });

  it("call shows a bug in a handler with the class that was thrown, without its stack", async () => {
    const { code, stderr } = await worker.cli(["call", "Account/a", "crash"]);
    expect([code, stderr]).toEqual([1, "HandlerError [HANDLER_FAILED]: TypeError: a bug in the handler\n"]);
  });

  it("call --json prints errors as JSON too", async () => {
    const { code, stderr } = await worker.cli(["call", "--json", "Account/poor", "withdraw", "1"]);
    expect(code).toBe(1);
    expect(JSON.parse(stderr).error).toMatchObject({
      class: "RejectedError",
      code: "INSUFFICIENT_FUNDS",
      effect: "none",
    });
  });

  it("P2: call repeated under one idempotency key takes effect once and prints the same reply", async () => {
    const deposit = ["call", "Account/once", "deposit", "10", "--idempotency-key", "order-17"];
    expect(await worker.cli(deposit)).toMatchObject({ code: 0, stdout: "10\n" });
    expect(await worker.cli(deposit)).toMatchObject({ code: 0, stdout: "10\n" });
    expect(await worker.cli(["call", "Account/once", "current"])).toMatchObject({ stdout: "10\n" });
  });

  it("P1: tell prints nothing, and its effect is there for the next call", async () => {
    expect(await worker.cli(["tell", "Account/told", "deposit", "5"])).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await worker.cli(["call", "Account/told", "current"])).toMatchObject({ stdout: "5\n" });
  });

  it("actors ls, show and erase look at what is stored and remove it", async () => {
    await worker.cli(["call", "Account/stored-1", "deposit", "7"]);
    const list = await worker.cli(["actors", "ls", "Account", "--prefix", "stored-", "--json"]);
    expect(JSON.parse(list.stdout)).toMatchObject({
      actors: [{ address: "Account/stored-1", version: 1 }],
      more: false,
    });
    expect(JSON.parse((await worker.cli(["actors", "show", "Account/stored-1"])).stdout)).toMatchObject({ balance: 7 });
    expect(await worker.cli(["actors", "erase", "Account/stored-1"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--yes"),
    });
    expect(await worker.cli(["actors", "erase", "Account/stored-1", "--yes"])).toMatchObject({ code: 0 });
    expect(await worker.cli(["actors", "show", "Account/stored-1"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("nothing is stored"),
    });
  });
});

it("call says in one line that no worker answers, and how to start one, and exits 69", async () => {
  const { code, stderr } = await actorRuntime(["call", "Account/alice", "current", "--url", "http://127.0.0.1:9"]);
  expect(code).toBe(69);
  expect(stderr).toMatch(/^error: no worker answers at http:\/\/127\.0\.0\.1:9 .*actor-runtime start.*\n$/);
});

describe("a worker with a token", () => {
  it("answers only those who send it; probes answer anybody", async () => {
    const token = "correct-horse";
    await using guarded = await WorkerProcess.start([accountFile], { env: { ACTOR_TOKEN: token } });
    const call = ["call", "Account/alice", "deposit", "1"];
    expect(await guarded.cli(call)).toMatchObject({ code: 1, stderr: expect.stringContaining("ACTOR_TOKEN") });
    expect(await guarded.cli(call, { env: { ACTOR_TOKEN: token } })).toMatchObject({ code: 0, stdout: "1\n" });
    expect((await fetch(`${guarded.url}/readyz`)).status).toBe(200);
    expect((await fetch(`${guarded.url}/livez`)).status).toBe(200);
  });
});
