import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect, type LimitOptions, partitionOf } from "actor-runtime";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { accountFile, actorRuntime, projectWith, WorkerProcess } from "./cli-process.js";
import { Account } from "./fixtures/account.js";
import { places, real } from "./places.js";

/** Beside those of the actors here, each worker has its share of these: locks live there. */
const systemPartitions = 8;

describe.each(places)(
  "the command line on the workers there are, in $name",
  { timeout: 60_000 },
  ({ env, transport }) => {
    const all = 16 + systemPartitions;
    let worker: WorkerProcess;
    beforeAll(async () => {
      worker = await WorkerProcess.start([accountFile, "--worker-id", "w1", "--build", "v1", "--weight", "2"], {
        env: env(),
      });
    });
    afterAll(() => worker[Symbol.asyncDispose]());

    const json = async (...args: string[]) => JSON.parse((await worker.cli([...args, "--json"])).stdout);

    it("workers lists them with build, weight, types and the partitions they hold", async () => {
      const { code, stdout, stderr } = await worker.cli(["workers"]);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(/^WORKER +STATE +BUILD +WEIGHT +HELD\/ASSIGNED +SHARE +JOINED +TYPES\n/);
      expect(stdout).toMatch(/\nw1 +ready +v1 +2 +24\/24 +100\.0% +\d+s ago +Account\n$/);
      expect(await json("workers")).toMatchObject({
        workers: [
          { id: "w1", state: "ready", build: "v1", weight: 2, types: ["Account"], held: all, assigned: all, share: 1 },
        ],
        handoffs: [],
        unhosted: [],
      });
    });

    it("ring shows who owns which partitions", async () => {
      const { code, stdout } = await worker.cli(["ring"]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Account: 16 partitions, placement \d+\nWORKER .*\nw1 +100\.0% +16 +16 +0-15\n$/);
      expect((await worker.cli(["ring", "Account", "--partitions"])).stdout).toMatch(/\n15 +w1 +1 +w1 +\d+\n$/);
    });

    it("ring Type/key shows where an actor lives, and why", async () => {
      const { code, stdout } = await worker.cli(["ring", "Account/alice"]);
      expect(code).toBe(0);
      expect(stdout).toContain("  hash       3927234078\n  partition  14 = 3927234078 mod 16\n");
      expect(stdout).toMatch(/ {2}owner {6}w1, since placement 1\n {2}holder {5}w1, fence \d+, \d+\.\d s left\n/);
      expect(stdout).toContain("  why        its home on the ring is w1\n");
      const queue = /queue +actor\.story-\w+\.Account\.g1\.14\n/;
      if (transport === "rabbitmq") expect(stdout).toMatch(queue);
      else expect(stdout).not.toMatch(queue);
    });

    it("ring --add and --remove show what would move, and change nothing", async () => {
      const { stdout } = await worker.cli(["ring", "Account", "--add", "w2", "--add", "w3"]);
      expect(stdout).toContain("Account: 8 of 16 partitions would move (50.0%), ideal 8.0\n");
      expect(stdout).toMatch(/\nw1 +16 +8\nw2 +0 +4\nw3 +0 +4\n/);
      expect(stdout).toMatch(/\nw1 → w[23]: [\d, -]+\n/);
      expect(await json("ring", "--remove", "w1")).toMatchObject({
        mailboxes: [{ moved: 16, moves: [{ from: "w1" }] }],
      });
      expect((await json("workers")).workers).toMatchObject([{ id: "w1", held: all }]);
    });

    it("ring refuses workers and types that are not there, with the fix", async () => {
      expect(await worker.cli(["ring", "--remove", "w9"])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("there is no such worker; alive: w1"),
      });
      expect(await worker.cli(["ring", "Nobody/x"])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('no worker has ever hosted actors of type "Nobody"'),
      });
    });

    it("types ls lists every type with its mailbox, who hosts it and what is paused", async () => {
      await worker.cli(["pause", "Account/alice"]);
      const { code, stdout } = await worker.cli(["types", "ls"]);
      expect(code).toBe(0);
      expect(stdout).toMatch(
        /^TYPE +MAILBOX +PARTITIONS +HOSTED BY +PAUSED\nAccount +Account +16 +1 worker +Account\/alice\n$/,
      );
      await worker.cli(["resume", "Account/alice"]);
      expect(await json("types", "ls")).toEqual({
        types: [{ name: "Account", mailbox: "Account", partitions: 16, hosts: ["w1"], missingAt: [], paused: [] }],
        pools: [],
      });
    });
  },
);

describe("two workers on RabbitMQ and Redis", { timeout: 60_000 }, () => {
  const note = `import { Actor, Handler, State } from "actor-runtime";
    @Actor("Note", { partitions: 4 }) export class Note {
      @State() private text = "";
      @Handler() write(text: string): string { return (this.text += text); }
    }`;

  const slow = `import { access, writeFile } from "node:fs/promises";
    import { Actor, Handler } from "actor-runtime";
    const there = () => access("go").then(() => true, () => false);
    @Actor("Slow", { partitions: 2 }) export class Slow {
      @Handler() async run(): Promise<string> {
        await writeFile("started", "");
        while (!(await there())) await new Promise((resolve) => setTimeout(resolve, 10));
        return "done";
      }
    }`;

  async function ownerOf(address: string, env: Readonly<Record<string, string>>): Promise<string> {
    return JSON.parse((await actorRuntime(["ring", address, "--json"], { env })).stdout).owner;
  }

  /** What the command prints once it prints what is waited for: workers agree on their own time. */
  async function shown(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    wanted: RegExp,
  ): Promise<string> {
    return await vi.waitFor(
      async () => {
        const { stdout } = await actorRuntime(args, { env });
        expect(stdout).toMatch(wanted);
        return stdout;
      },
      { timeout: 30_000, interval: 50 },
    );
  }

  it("share the partitions by weight, and each answers for the actors of both", async () => {
    const env = real.env();
    await using one = await WorkerProcess.start([accountFile, "--worker-id", "w1"], { env });
    await using two = await WorkerProcess.start([accountFile, "--worker-id", "w2", "--weight", "3"], { env });
    await shown(["workers"], env, /\nw1 .* 6\/6 +25\.0% .*\nw2 .* 18\/18 +75\.0% /);
    await shown(["ring"], env, /\nw1 +25\.0% +4 +4 .*\nw2 +75\.0% +12 +12 /);
    for (const worker of [one, two]) expect((await fetch(`${worker.url}/readyz`)).status).toBe(200);

    const brokerless = { ...env, AMQP_URL: "amqp://127.0.0.1:1" };
    for (const command of [["workers"], ["ring"], ["types", "ls"]]) {
      expect(await actorRuntime(command, { env: brokerless }), "RabbitMQ is away").toMatchObject({
        code: 0,
        stderr: "",
      });
    }

    const ring = await one.cli(["ring", "Account", "--partitions", "--json"]);
    const { rows } = JSON.parse(ring.stdout).mailboxes[0] as { rows: { owner: string }[] };
    const owners = new Set<string>();
    for (let key = 0; key < 12; key++) {
      owners.add(rows[partitionOf(String(key), rows.length)]!.owner);
      expect(await (await one.post(`Account/${key}/deposit`, "[2]")).json()).toBe(2);
      expect((await two.post(`Account/${key}/deposit?tell`, "[3]")).status).toBe(202);
      expect(await (await two.post(`Account/${key}/current`, "[]")).json()).toBe(5);
    }
    expect(owners).toEqual(new Set(["w1", "w2"]));
  });

  it("are seen when one drains with a turn under way: who hands over to whom, and where an actor is meanwhile", async () => {
    const env = real.env();
    const cwd = await projectWith({ "slow.ts": slow });
    await using one = await WorkerProcess.start(["slow.ts", "--worker-id", "w1"], { cwd, env });
    await using two = await WorkerProcess.start(["slow.ts", "--worker-id", "w2"], { cwd, env });
    await shown(["workers"], env, /\nw1 .* 5\/5 .*\nw2 .* 5\/5 /);
    const keys = await Promise.all(
      ["a", "b", "c", "d"].map(async (key) => ({ key, owner: await ownerOf(`Slow/${key}`, env) })),
    );
    const { key } = keys.find(({ owner }) => owner === "w1")!;
    const turn = two.post(`Slow/${key}/run`, "[]");
    await vi.waitFor(() => access(join(cwd, "started")), { timeout: 10_000 });
    one.kill("SIGTERM");
    // Asked over HTTP, which is quicker: the turn gets no more than 5 s.
    const there = { ACTOR_URL: two.url };
    const [workers] = await Promise.all([
      shown(["workers"], there, /\nw1 +draining .* \d\/0 .*\nw2 +ready .* \d+\/10 /),
      shown(["ring", `Slow/${key}`], there, /owner +w2,[^]*holder +w1,[^]*handoff under way from w1\n/),
    ]);
    expect(workers).toMatch(/\nw1 holds Slow \d, which w2 owns: handoff under way\n/);
    await writeFile(join(cwd, "go"), "");
    expect(await (await turn).json()).toBe("done");
    expect(await one.ended()).toBe(0);
    expect(await shown(["workers"], env, /\nw2 .* 10\/10 /)).not.toContain("w1");
  });

  it("leave a type behind that nobody hosts: its messages wait, and every command says so", async () => {
    const env = real.env();
    const cwd = await projectWith({ "note.ts": note });
    await using one = await WorkerProcess.start([accountFile, "--worker-id", "w1"], { env });
    {
      await using two = await WorkerProcess.start(["note.ts"], { cwd, env });
      expect((await fetch(`${two.url}/readyz`)).status).toBe(200);
      two.kill("SIGTERM");
      expect(await two.ended()).toBe(0);
    }
    expect(await one.cli(["tell", "Note/n", "write", '"later"'])).toMatchObject({ code: 0, stderr: "" });
    const words = "Note: nobody hosts it; its messages wait";
    expect(await one.cli(["workers"])).toMatchObject({ code: 0, stdout: expect.stringContaining(`\n${words}\n`) });
    expect((await one.cli(["types", "ls"])).stdout).toMatch(/\nNote +Note +4 +nobody hosts it; its messages wait +-\n/);
    expect((await one.cli(["ring", "Note/n"])).stdout).toContain("why        nobody hosts Note: its messages wait\n");
    expect(await one.cli(["doctor"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`warn  types: ${words}; start a worker that hosts it\n`),
    });
    await using next = await WorkerProcess.start(["note.ts"], { cwd, env });
    expect(await next.cli(["call", "Note/n", "write", '"!"'])).toMatchObject({ stdout: '"later!"\n' });
    expect((await one.cli(["doctor"])).stdout).toMatch(/ok {4}workers: 2 alive\n/);
  });
});

it("connect() takes weight and build as start does, and names a wrong one", async () => {
  await using system = await connect({ actors: [Account], workerId: "w1", weight: 0.5, build: "v2" });
  const { view, mailboxes } = await system.cluster.describe();
  expect(view.members).toMatchObject([
    { id: "w1", weight: 0.5, build: "v2", types: ["Account", "$Lock", "$Transaction"] },
  ]);
  const holders = mailboxes.flatMap((mailbox) => mailbox.holders.map((holder) => holder?.worker));
  expect(holders).toEqual(Array.from({ length: 16 + systemPartitions }, () => "w1"));
  await expect(connect({ actors: [Account], weight: 0 })).rejects.toThrow(
    "connect(): weight is 0 and must be a number",
  );
  await expect(connect({ actors: [Account], build: "a b" })).rejects.toThrow('connect(): build is "a b" and must be');
});

it("connect() takes limits, and name one that there is not", async () => {
  await using system = await connect({ actors: [Account], limits: { types: { Account: { concurrency: 1 } } } });
  expect(system.describe().state).toBe("running");
  await expect(connect({ actors: [Account], limits: { waiting: 0 } })).rejects.toThrow(
    "limits.waiting: 0 must be a whole number of at least 1",
  );
  const misspelled = { concurency: 1 } as LimitOptions;
  await expect(connect({ actors: [Account], limits: misspelled })).rejects.toThrow(
    'limits: there is no limit "concurency"; there are concurrency,',
  );
});
