import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { ConfigError, connect, StoreUnavailableError } from "actor-runtime";
import { describe, expect, it } from "vitest";
import { accountFile, actorRuntime, finish, projectWith, WorkerProcess } from "./cli-process.js";
import { Account } from "./fixtures/account.js";
import { real } from "./places.js";

/** A port on which nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** The same URL with something of it replaced. */
function changed(url: string, change: (url: URL) => void): string {
  const copy = new URL(url);
  change(copy);
  return copy.href;
}

describe("a worker on RabbitMQ and Redis", { timeout: 60_000 }, () => {
  it("keeps state and waiting messages when it ends and another starts", async () => {
    const env = real.env();
    {
      await using worker = await WorkerProcess.start([accountFile], { env });
      expect(worker.log).toContain('"transport":"rabbitmq"');
      expect(worker.log).not.toContain("state is lost");
      expect(await worker.cli(["call", "Account/alice", "deposit", "100"])).toMatchObject({ stdout: "100\n" });
      worker.kill("SIGTERM");
      expect(await worker.ended()).toBe(0);
    }
    const tell = await actorRuntime(["tell", "Account/alice", "deposit", "5"], { env });
    expect(tell).toEqual({ code: 0, stdout: "", stderr: "" });
    await using next = await WorkerProcess.start([accountFile], { env });
    expect(await next.cli(["call", "Account/alice", "current"])).toMatchObject({ code: 0, stdout: "105\n" });
  });

  it("is reached by a program that hosts nothing, by class or by name", async () => {
    const { AMQP_URL: amqpUrl, REDIS_URL: redisUrl, ACTOR_NAMESPACE: namespace } = real.env();
    const place = { amqpUrl: amqpUrl!, redisUrl: redisUrl!, namespace: namespace! };
    await using worker = await connect({ ...place, actors: [Account] });
    await using client = await connect(place);
    expect(await client.ref(Account, "alice").deposit(7)).toBe(7);
    await client.ref<Account>("Account", "alice").tell.deposit(1);
    expect(await client.ref<Account>("Account", "alice").current()).toBe(8);
    expect(await client.ask({ address: "Account/alice", handler: "current", args: [] })).toBe(8);
    expect(await client.actors.read("Account/alice")).toMatchObject({ balance: 8 });
    expect(await client.actors.types()).toMatchObject([
      { name: "$Lock", mailbox: "$system" },
      { name: "$Transaction", mailbox: "$system" },
      { name: "Account", mailbox: "Account" },
    ]);
    expect([client.describe().types, worker.describe().transport]).toEqual([[], "rabbitmq"]);
  });

  it("does not meet another namespace", async () => {
    await using worker = await WorkerProcess.start([accountFile], { env: real.env() });
    await worker.cli(["call", "Account/alice", "deposit", "1"]);
    const other = await actorRuntime(["call", "Account/alice", "current"], { env: real.env() });
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining("no worker has ever hosted") });
  });

  it("refuses another number of partitions than its mailbox has, with exit code 78 and the fix", async () => {
    const env = real.env();
    const actor = (partitions: number) => `import { Actor, Handler } from "actor-runtime";
      @Actor("Bank", { partitions: ${partitions} }) export class Bank { @Handler() go(): void {} }`;
    const cwd = await projectWith({ "four.ts": actor(4), "eight.ts": actor(8) });
    await using worker = await WorkerProcess.start(["four.ts"], { cwd, env });
    expect(await actorRuntime(["start", "eight.ts", "--port", "0"], { cwd, env })).toMatchObject({
      code: 78,
      stderr: expect.stringMatching(/mailbox "Bank" has 4 partitions.*set partitions: 4/),
    });
    expect((await fetch(`${worker.url}/readyz`)).status).toBe(200);
  });
});

describe("a service that cannot be used", { timeout: 60_000 }, () => {
  const urls = real.env() as { AMQP_URL: string; REDIS_URL: string; ACTOR_NAMESPACE: string };
  const start = (env: Partial<typeof urls>) =>
    actorRuntime(["start", accountFile, "--port", "0"], { env: { ...urls, ...env } });

  it.each([
    ["AMQP_URL", "RabbitMQ"],
    ["REDIS_URL", "Redis"],
  ] as const)(
    "because %s leads to nobody ends with 69, the address and the fix, and without the password",
    async (name, service) => {
      const port = await deadPort();
      const url = changed(urls[name], (to) => {
        to.port = String(port);
        to.password = "hunter2";
      });
      const { code, stdout, stderr } = await start({ [name]: url });
      expect([code, stderr]).toEqual([69, expect.stringContaining(service)]);
      expect(stderr).toContain(`127.0.0.1:${port}`);
      expect(stderr).toMatch(/: start it, or correct the URL\n$/);
      expect(stdout + stderr).not.toContain("hunter2");
      expect(await actorRuntime(["call", "Account/a", "current"], { env: { ...urls, [name]: url } })).toMatchObject({
        code: 69,
      });
    },
  );

  it("because it refuses the user ends with 78, and without the password in any log or error", async () => {
    for (const [name, user] of [
      ["AMQP_URL", "guest"],
      ["REDIS_URL", "nobody"],
    ] as const) {
      const url = changed(urls[name], (to) => {
        to.username = user;
        to.password = "hunter2";
      });
      const { code, stdout, stderr } = await start({ [name]: url });
      expect([code, stderr]).toEqual([78, expect.stringMatching(/correct user/)]);
      expect(stdout + stderr).not.toContain("hunter2");
      const options = { amqpUrl: urls.AMQP_URL, redisUrl: urls.REDIS_URL, namespace: urls.ACTOR_NAMESPACE };
      const own = name === "AMQP_URL" ? { ...options, amqpUrl: url } : { ...options, redisUrl: url };
      const program = `import { connect } from "actor-runtime"; await connect(${JSON.stringify(own)});`;
      const cwd = await projectWith({ "main.mjs": program });
      // Node prints an error that nobody caught with its causes and all their fields.
      const crashed = await finish(["main.mjs"], { cwd });
      expect([crashed.code, crashed.stderr]).toEqual([1, expect.stringContaining("ConfigError")]);
      expect(crashed.stderr).not.toContain("hunter2");
    }
  });

  it("is refused to a program as a typed error, and leaves nothing open that would keep it alive", async () => {
    const port = await deadPort();
    const options = { amqpUrl: `amqp://127.0.0.1:${port}`, redisUrl: urls.REDIS_URL, namespace: urls.ACTOR_NAMESPACE };
    await expect(connect(options)).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(connect({ ...options, amqpUrl: "http://x" })).rejects.toBeInstanceOf(ConfigError);
    const program = `import { connect } from "actor-runtime";
      await connect(${JSON.stringify(options)}).catch(({ name }) => console.log(name));`;
    const cwd = await projectWith({ "main.mjs": program });
    expect(await finish(["main.mjs"], { cwd })).toMatchObject({ code: 0, stdout: "StoreUnavailableError\n" });
  });
});

describe("broker and store that do not belong together", { timeout: 60_000 }, () => {
  it("are refused with 78 and the fix; store adopt ties them anew", async () => {
    const env = real.env() as { REDIS_URL: string };
    const crossed = { ...env, REDIS_URL: changed(env.REDIS_URL, (url) => void (url.pathname = "/1")) };
    const start = ["start", accountFile, "--port", "0"];
    {
      await using worker = await WorkerProcess.start([accountFile], { env });
      await worker.cli(["call", "Account/alice", "deposit", "1"]);
      // In peace: what it had not acked would come again, to a store that does not know it.
      worker.kill("SIGTERM");
      await worker.ended();
    }
    expect(await actorRuntime(start, { env: crossed })).toMatchObject({
      code: 78,
      stderr: expect.stringContaining("actor-runtime store adopt"),
    });
    const doctor = await actorRuntime(["doctor", "--port", "0"], { env: crossed });
    expect([doctor.code, doctor.stdout]).toEqual([1, expect.stringMatching(/fail {2}pair: .*store adopt/)]);
    expect(await actorRuntime(["store", "adopt"], { env: crossed })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--yes"),
    });
    expect(await actorRuntime(["store", "adopt", "--yes"], { env: crossed })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/belongs to store \S+ now, generation 2/),
    });
    await using adopted = await WorkerProcess.start([accountFile], { env: crossed });
    expect(await adopted.cli(["call", "Account/alice", "current"])).toMatchObject({ code: 0, stdout: "0\n" });
    expect(await actorRuntime(start, { env })).toMatchObject({ code: 78 });
  });

  it("are told by doctor, with versions, when they do", async () => {
    const { code, stdout } = await actorRuntime(["doctor", "--port", "0"], { env: real.env() });
    expect(stdout).toMatch(/rabbitmq: RabbitMQ \d+\.\d+/);
    expect(stdout).toMatch(/redis: .*Redis \d+\.\d+/);
    for (const name of ["clock", "channel", "pair", "queues", "alarms"]) {
      expect(stdout).toMatch(RegExp(`^ok {4}${name}: `, "m"));
    }
    expect(code).toBe(0);
  });

  it("are compared by doctor with what a worker would declare, also while one serves", async () => {
    const env = real.env();
    await using worker = await WorkerProcess.start([accountFile], { env });
    const same = await worker.cli(["doctor"]);
    expect([same.code, same.stdout]).toEqual([0, expect.stringMatching(/^ok {4}queues: 24 partitions/m)]);
    const other = await worker.cli(["doctor", "--max-mailbox-bytes", "1MiB"]);
    expect([other.code, other.stdout]).toEqual([
      1,
      expect.stringMatching(
        /^fail {2}queues: .*x-max-length-bytes is 268435456 there and 1048576 here. Set maxMailboxBytes/m,
      ),
    ]);
    expect((await fetch(`${worker.url}/readyz`)).status).toBe(200);
  });

  it("are nothing for an embedded process to adopt", async () => {
    expect(await actorRuntime(["store", "adopt", "--yes"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("AMQP_URL and REDIS_URL"),
    });
  });
});
