import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { actorRuntime, projectWith, WorkerProcess } from "./cli-process.js";
import { places, real } from "./places.js";

/** Pays, and comes to its commit once there is a file of the name given, if any is. */
const bank = `import { existsSync } from "node:fs";
  import { setTimeout as sleep } from "node:timers/promises";
  import { Actor, ActorContext, Handler, inject, Query, State, Transactional } from "actor-runtime";
  @Actor("Account", { partitions: 4, replyRetention: "10m" }) export class Account {
    private readonly self = inject(ActorContext);
    @State() private balance = 0;
    @Handler() deposit(amount: number): number { return (this.balance += amount); }
    @Query() current(): number { return this.balance; }
    @Transactional("createOrJoin", { timeout: "5m" }) @Handler({ timeout: "5m" })
    async payTo(other: string, amount: number, file: string): Promise<void> {
      await this.self.ref(Account, other).deposit(amount);
      this.balance -= amount;
      while (!existsSync(file)) await sleep(10, undefined, { signal: this.self.signal });
    }
  }`;

/** A client that has both accounts vote, says so, and never comes to its commit. */
const client = `import { connect } from "actor-runtime";
  const system = await connect();
  await system.transaction({ timeout: "5m" }, async (tx) => {
    await tx.ref("Account", "eve").deposit(-5);
    await tx.ref("Account", "dan").deposit(5);
    await tx.ref("Account", "alice").current();
    process.stdout.write("voted\\n");
    await new Promise(() => setInterval(() => {}, 1_000));
  });`;

interface Transactions {
  readonly transactions: readonly {
    readonly id: string;
    readonly phase: string;
    readonly forced: boolean;
    readonly held: readonly { address: string; worker: string; running: boolean; waiting: string[]; parked: number }[];
  }[];
  readonly more: number;
  readonly silent: readonly string[];
}

describe.each(places)("transactions, in $name", { timeout: 60_000 }, ({ env }) => {
  let worker: WorkerProcess;
  let cwd: string;
  beforeAll(async () => {
    cwd = await projectWith({ "bank.ts": bank });
    worker = await WorkerProcess.start(["bank.ts", "--worker-id", "w1"], { cwd, env: env() });
    for (const key of ["alice", "bob"]) await worker.post(`Account/${key}/deposit`, "[100]");
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  const shown = async (...args: string[]) => {
    const { code, stdout, stderr } = await worker.cli(args);
    expect([code, stderr]).toEqual([0, ""]);
    return stdout;
  };
  /** Asked over HTTP, which is quicker. */
  const transactions = async () => (await (await fetch(`${worker.url}/api/transactions`)).json()) as Transactions;
  const pay = (file: string) =>
    worker.post("Account/alice/payTo", JSON.stringify(["bob", 30, file]), { "actor-timeout": "4m" });
  const balances = async () => {
    const answers = await Promise.all(["alice", "bob"].map((key) => worker.post(`Account/${key}/current`, "[]")));
    return (await Promise.all(answers.map((answer) => answer.json()))) as number[];
  };
  /** Until the payment has been made, and others wait for bob. */
  const held = (parked: number) =>
    vi.waitFor(async () => {
      const { transactions: found } = await transactions();
      expect(found.flatMap((each) => each.held.map((one) => [one.address, one.running, one.parked]))).toEqual([
        ["Account/alice", true, 0],
        ["Account/bob", false, parked],
      ]);
      return found[0]!.id;
    }, 20_000);

  it("P9: tx shows what is held, who has voted and who waits; abort frees it, and nothing was paid", async () => {
    expect(await shown("tx", "ls")).toBe("no transaction holds an actor\n");
    const paying = pay("never");
    const id = await held(0);
    const waiting = worker.post("Account/bob/deposit", "[1]", { "actor-timeout": "4m" });
    await held(1);

    expect(await shown("tx", "ls")).toMatch(
      new RegExp(
        "^TRANSACTION +PHASE +AGE +LEFT +ACTOR +MODE +VOTE +HELD +WAITED FOR BY\n" +
          `${id} +running +[\\d.]+ m?s +3m \\d+s +Account/alice +exclusive +running +[\\d.]+ m?s +-\n` +
          `${id} +running +[\\d.]+ m?s +3m \\d+s +Account/bob +exclusive +answered +[\\d.]+ m?s +-\n$`,
      ),
    );
    expect(await shown("tx", "show", id)).toMatch(
      new RegExp(
        `^${id}\n  phase +running\n  began +[\\d.]+ m?s ago\n  time left +3m \\d+s\n\n` +
          "ACTOR +WORKER +MODE +DOES +VOTE +HELD +PARKED +WAITED FOR BY\n" +
          "Account/alice +w1 +exclusive +reads +running +[\\d.]+ m?s +0 +-\n" +
          "Account/bob +w1 +exclusive +writes +answered +[\\d.]+ m?s +1 +-\n$",
      ),
    );
    expect(JSON.parse(await shown("tx", "ls", "--json"))).toMatchObject({
      transactions: [{ id, phase: "running", forced: false, open: [], held: [{ worker: "w1" }, { parked: 1 }] }],
      more: 0,
      silent: [],
    });
    expect(await shown("inspect", "Account/bob")).toMatch(
      new RegExp(`\n  waits for +transaction ${id}, which has held it for [\\d.]+ m?s\n`),
    );

    expect(await worker.cli(["tx", "resolve", id, "--abort"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/Account\/bob +w1 +exclusive[^]*needs --yes where nobody can be asked/),
    });
    expect(await worker.cli(["tx", "resolve", id, "--commit", "--yes"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("Account/alice has not voted for the commit"),
    });
    expect(await shown("tx", "resolve", id, "--abort", "--yes")).toBe(
      `aborted: ${id}; Account/alice, Account/bob hear of it\n`,
    );
    const refused = await paying;
    expect([refused.status, await refused.json()]).toMatchObject([409, { error: { code: "TRANSACTION_ABORTED" } }]);
    expect(await (await waiting).json()).toBe(101);
    expect(await balances()).toEqual([100, 101]);
    expect(await shown("tx", "show", id)).toMatch(new RegExp(`^${id}\n  phase +aborted \\(resolved\\), forced\n$`));
    expect(await worker.cli(["tx", "resolve", id, "--commit", "--yes"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`transaction ${id} is aborted already (resolved)`),
    });
  });

  it("what is let go commits, and tx has nothing more to say of it", async () => {
    const before = await balances();
    const paying = pay("go");
    const id = await held(0);
    await writeFile(join(cwd, "go"), "");
    expect((await paying).status).toBe(204);
    expect(await balances()).toEqual([before[0]! - 30, before[1]! + 30]);
    expect((await transactions()).transactions.filter((each) => !each.forced)).toEqual([]);
    await vi.waitFor(
      async () => expect((await fetch(`${worker.url}/api/transactions/${encodeURIComponent(id)}`)).status).toBe(404),
      20_000,
    );
    expect(await worker.cli(["tx", "show", id])).toMatchObject({
      code: 1,
      stderr: `error: nothing is known of transaction ${id}\n`,
    });
  });

  it("tx refuses what it cannot do, with the fix", async () => {
    const wrong: [string[], number, string][] = [
      [["tx", "resolve", "a:1"], 2, "tx resolve needs either --commit or --abort"],
      [["tx", "resolve", "a:1", "--commit", "--abort"], 2, "tx resolve needs either --commit or --abort"],
      [["tx", "resolve", "a:1", "--abort", "--yes"], 1, "nothing is known of transaction a:1"],
      [["tx", "show", "a"], 1, "must be <key>:<attempt>, as actor-runtime tx ls prints it"],
      [["tx", "ls", "--watch", "--interval", "often"], 2, "--interval"],
    ];
    for (const [args, code, message] of wrong) {
      expect(await worker.cli(args)).toMatchObject({ code, stderr: expect.stringContaining(message) });
    }
  });
});

describe("a client that dies before its commit, on RabbitMQ and Redis", { timeout: 60_000 }, () => {
  it("P9: tx resolve --commit decides for it, on every actor and every worker", async () => {
    const given = real.env();
    const cwd = await projectWith({ "bank.ts": bank, "client.mjs": client });
    await using one = await WorkerProcess.start(["bank.ts", "--worker-id", "w1"], { cwd, env: given });
    await using two = await WorkerProcess.start(["bank.ts", "--worker-id", "w2"], { cwd, env: given });
    const run = (...args: string[]) => actorRuntime(args, { env: given });
    // Nobody says what is held in a partition that is just handed over.
    await vi.waitFor(
      async () => expect((await run("inspect")).stdout).toMatch(/\nw1 +ready +6\/6 .*\nw2 +ready +6\/6 /),
      20_000,
    );
    const program = spawn(process.execPath, ["client.mjs"], { cwd, env: { ...process.env, ...given } });
    const [said] = (await once(program.stdout, "data")) as [Buffer];
    expect(said.toString()).toBe("voted\n");
    program.kill("SIGKILL");
    await once(program, "exit");

    const { transactions } = JSON.parse((await run("tx", "ls", "--json")).stdout) as Transactions;
    const [{ id, held } = { id: "", held: [] }] = transactions;
    expect(held.map(({ address, running }) => [address, running])).toEqual([
      ["Account/alice", false],
      ["Account/dan", false],
      ["Account/eve", false],
    ]);
    expect(await run("tx", "resolve", id, "--commit", "--yes")).toEqual({
      code: 0,
      stdout: `committed: ${id}; Account/alice, Account/dan, Account/eve hear of it\n`,
      stderr: "",
    });
    for (const worker of [one, two]) {
      const current = async (key: string) => (await worker.post(`Account/${key}/current`, "[]")).json();
      expect(await Promise.all(["eve", "dan", "alice"].map(current))).toEqual([-5, 5, 0]);
    }
    expect((await run("tx", "show", id)).stdout).toMatch(/\n {2}phase +committed, forced\n/);
    expect((await run("tx", "resolve", id, "--commit", "--yes")).code).toBe(0);
    expect((await run("tx", "resolve", id, "--abort", "--yes")).code).toBe(1);
  });
});
