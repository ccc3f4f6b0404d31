import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RedisProcess } from "../services/redis-process.js";
import { actorRuntime, projectWith, WorkerProcess } from "./cli-process.js";
import { real } from "./places.js";

/** Answers with its fence as soon as it has the lock. */
const report = `import { Actor, ActorContext, Handler, inject } from "actor-runtime";
  @Actor("Report", { partitions: 2 }) export class Report {
    private readonly self = inject(ActorContext);
    @Handler() write(wait: string): Promise<number> {
      return this.self.locks.withLock("report", { wait: wait as "1s" }, ({ fence }) => fence);
    }
  }`;

describe("locks on servers of their own", { timeout: 60_000 }, () => {
  let servers: RedisProcess[];
  let env: Record<string, string>;
  beforeAll(async () => {
    servers = await Promise.all(Array.from({ length: 3 }, () => RedisProcess.start({ maxmemory: "64mb" })));
    env = { ...real.env(), ACTOR_LOCK_REDIS_URLS: servers.map(({ url }) => url).join(",") };
  });
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  const doctor = async (changes: Readonly<Record<string, string>> = {}) => {
    const { code, stdout } = await actorRuntime(["doctor", "--port", "0"], { env: { ...env, ...changes } });
    return { code, locks: stdout.split("\n").filter((line) => /^\w+ +locks: /.test(line)) };
  };

  it("are taken and given back there, and doctor says how many may still be away", async () => {
    const cwd = await projectWith({ "report.ts": report });
    await using worker = await WorkerProcess.start(["report.ts"], { cwd, env });
    const write = async (wait: string) => await worker.post("Report/a/write", JSON.stringify([wait]));
    const fence = (await (await write("10s")).json()) as number;
    expect(await (await write("10s")).json()).toBeGreaterThan(fence);
    expect(await doctor()).toEqual({
      code: 0,
      locks: ["ok    locks: 3 independent servers keep the locks, any 2 of them are enough"],
    });

    const [, second, third] = servers as [RedisProcess, RedisProcess, RedisProcess];
    await third.stop();
    const one = await doctor();
    expect([one.code, one.locks]).toEqual([0, [expect.stringMatching(/^warn .*locks can be had, no other may fail/)]]);

    await second.stop();
    const two = await doctor();
    expect([two.code, two.locks]).toEqual([
      1,
      [expect.stringMatching(/^fail .*no majority of the servers .*; start them, or correct ACTOR_LOCK_REDIS_URLS/)],
    ]);
    expect([503, 504]).toContain((await write("1s")).status);
  });

  it("are refused where one is named twice, in words that have no password", async () => {
    const url = "redis://:hunter2@a";
    const twice = await actorRuntime(["doctor", "--lock-redis-urls", `${url},redis://b,${url}:6379`], { env });
    expect([twice.code, twice.stderr]).toEqual([78, expect.stringMatching(/^error: --lock-redis-urls must be an odd/)]);
    expect(twice.stderr).not.toContain("hunter2");
    const urls = [url, "redis://b", "redis://c"].join(",");
    const { stdout } = await actorRuntime(["config", "print"], { env: { ACTOR_LOCK_REDIS_URLS: urls } });
    expect(stdout).toMatch(/lockRedisUrls +redis:\/\/:\*\*\*@a,redis:\/\/b,redis:\/\/c +ACTOR_LOCK_REDIS_URLS\n/);
  });

  it("are found by doctor to be one that has two names", async () => {
    const [first] = servers as [RedisProcess];
    const port = new URL(first.url).port;
    const urls = [first.url, `redis://localhost:${port}`, servers[1]!.url].join(",");
    const { code, locks } = await doctor({ ACTOR_LOCK_REDIS_URLS: urls });
    expect(code).toBe(1);
    expect(locks).toContainEqual(
      expect.stringMatching(`^fail .*127.0.0.1:${port} and localhost:${port} are one server, or one is the replica`),
    );
  });
});
