import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { accountFile, actorRuntime, projectWith, WorkerProcess } from "./cli-process.js";
import { places } from "./places.js";

describe.each(places)("start in $name", ({ env, transport }) => {
  it("says where the worker is and what its state lives on, and writes it to the ready file until it ends", async () => {
    const readyFile = join(await projectWith({}), "ready.json");
    await using worker = await WorkerProcess.start([accountFile, "--ready-file", readyFile, "--worker-id", "w1"], {
      env: env(),
    });
    expect(JSON.parse(await readFile(readyFile, "utf8"))).toEqual({
      pid: worker.pid,
      url: worker.url,
      workerId: "w1",
      transport,
      types: ["Account"],
    });
    await expect.poll(() => worker.log).toContain(transport);
    await expect.poll(() => worker.log.includes("state is lost on exit")).toBe(transport === "embedded");
    expect(await (await fetch(`${worker.url}/api/actors`)).json()).toMatchObject({
      workerId: "w1",
      types: [
        { name: "Account", handlers: expect.arrayContaining(["deposit"]), queries: ["current"], activations: 0 },
        { name: "$Lock" },
        { name: "$Transaction" },
      ],
    });
    worker.kill("SIGTERM");
    expect(await worker.ended()).toBe(0);
    expect(existsSync(readyFile)).toBe(false);
  });

  it("finishes running turns after SIGTERM while readyz says 503, then exits 0", async () => {
    const folder = await projectWith({});
    await using worker = await WorkerProcess.start([accountFile], { env: env() });
    const release = join(folder, "release");
    const call = worker.post("Account/alice/waitFor", JSON.stringify([release]));
    await expect.poll(() => activations(worker)).toBe(1);
    worker.kill("SIGTERM");
    await expect.poll(async () => (await fetch(`${worker.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${worker.url}/livez`)).status).toBe(200);
    await writeFile(release, "");
    expect(await (await call).json()).toBe("done");
    expect(await worker.ended()).toBe(0);
  });

  it("ends at once on a second signal, with the exit code of that signal", async () => {
    await using worker = await WorkerProcess.start([accountFile], { env: env() });
    const call = worker.post("Account/alice/waitFor", '["/nonexistent/file"]').catch(() => "cut off");
    await expect.poll(() => activations(worker)).toBe(1);
    worker.kill("SIGTERM");
    await expect.poll(() => worker.log).toContain("draining");
    worker.kill("SIGINT");
    expect(await worker.ended()).toBe(130);
    expect(await call).toBe("cut off");
  });

  it("logs an error that nobody caught, drains and exits 1", async () => {
    await using worker = await WorkerProcess.start([accountFile], { env: env() });
    await worker.post("Account/alice/blowUpLater", "[]");
    expect(await worker.ended()).toBe(1);
    expect(worker.log).toMatch(/nobody catches this[\s\S]*draining[\s\S]*stopped/);
  });

  it("hosts the types that --only and --except leave, of all files of a glob", async () => {
    const actor = (name: string) =>
      `import { Actor, Handler } from "actor-runtime";\n@Actor("${name}") export class ${name} { @Handler() go(): void {} }`;
    const cwd = await projectWith({
      "a.actor.ts": actor("A"),
      "b.actor.ts": `${actor("B")}\n${actor("C").split("\n")[1]}`,
    });
    await using worker = await WorkerProcess.start(["*.actor.ts", "--except", "C"], {
      cwd,
      env: { ...env(), ACTOR_ONLY: "A,C" },
    });
    const { types } = (await (await fetch(`${worker.url}/api/actors`)).json()) as { types: { name: string }[] };
    expect(types.map(({ name }) => name)).toEqual(["A", "$Lock", "$Transaction"]);
    const wrong = await actorRuntime(["start", "*.actor.ts", "--only", "D"], { cwd });
    expect(wrong).toMatchObject({
      code: 78,
      stderr: expect.stringContaining("there is no type D; the files hold A, B, C"),
    });
  });

  it("hosts stateless types, with or without --only, and says so to operators", async () => {
    const cwd = await projectWith({
      "thumbnail.ts": `import { Handler, Stateless } from "actor-runtime";
        @Stateless("Thumbnail", { balance: "fastest" }) export class Thumbnail {
          @Handler() make(image: string): string { return image + "?width=320"; }
        }`,
    });
    await using worker = await WorkerProcess.start(["thumbnail.ts", "--worker-id", "w1", "--only", "Thumbnail"], {
      cwd,
      env: env(),
    });
    await expect.poll(() => worker.log).toContain('"types":["Thumbnail"]');
    const call = await worker.cli(["call", "Thumbnail/*", "make", '"cat.png"']);
    expect(call).toMatchObject({ code: 0, stdout: '"cat.png?width=320"\n' });
    const types = await worker.cli(["types", "ls"]);
    expect(types.stdout).toMatch(/^STATELESS TYPE +BALANCE +HOSTED BY +PAUSED\nThumbnail +fastest +1 worker +-$/m);
    const inspected = await worker.cli(["inspect"]);
    expect(inspected.stdout).toMatch(
      /^STATELESS TYPE +WORKER +RUNNING +WAITING +RETRYING +STANDING\nThumbnail +w1 +0 +0 +0 +normal$/m,
    );
    for (const what of ["inspect", "ring"]) {
      const { code, stderr } = await worker.cli([what, "Thumbnail"]);
      expect(code).not.toBe(0);
      expect(stderr).toContain(`"Thumbnail" is a stateless type: it has no mailbox and no partitions`);
    }
    expect(await worker.cli(["pause", "Thumbnail"])).toMatchObject({ code: 0, stdout: "paused now: Thumbnail\n" });
  });

  it("injects services into constructors by the metadata it compiles, through typedi", async () => {
    const cwd = await projectWith({
      "ledger.ts":
        'import { Service } from "typedi";\n@Service() export class Ledger { readonly name = "main ledger"; }',
      "bank.ts": `import { Actor, Query } from "actor-runtime";
        import { Ledger } from "./ledger.js";
        @Actor("Bank") export class Bank {
          constructor(private readonly ledger: Ledger) {}
          @Query() ledgerName(): string { return this.ledger.name; }
        }`,
    });
    await using worker = await WorkerProcess.start(["bank.ts"], { cwd, env: env() });
    expect(await worker.cli(["call", "Bank/main", "ledgerName"])).toMatchObject({ code: 0, stdout: '"main ledger"\n' });
  });
});

describe("dev", () => {
  it("starts again when a file changes, also one that is only imported", async () => {
    const cwd = await projectWith({
      "greeting.ts": 'export const greeting = "hello";',
      "greeter.ts": `import { Actor, Query } from "actor-runtime";
        import { greeting } from "./greeting.js";
        @Actor("Greeter") export class Greeter { @Query() greet(): string { return greeting; } }`,
    });
    await using worker = await WorkerProcess.dev(["greeter.ts"], { cwd });
    expect(await (await worker.post("Greeter/a/greet", "[]")).json()).toBe("hello");
    await writeFile(join(cwd, "greeting.ts"), 'export const greeting = "good morning";');
    await expect.poll(() => worker.starts).toBe(2);
    expect(await (await worker.post("Greeter/a/greet", "[]")).json()).toBe("good morning");
    worker.kill("SIGINT");
    expect(await worker.ended()).toBe(0);
  });
});

async function activations(worker: WorkerProcess): Promise<number | undefined> {
  const { types } = (await (await fetch(`${worker.url}/api/actors`)).json()) as { types: { activations: number }[] };
  return types[0]?.activations;
}
