import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { actorRuntime, finish, projectWith } from "./cli-process.js";

const register = ["--import", "actor-runtime/register"];

describe("node --import actor-runtime/register", () => {
  it("runs TypeScript with legacy decorators, metadata, enums and every kind of import, and maps stacks to its lines", async () => {
    const cwd = await projectWith({
      "dep.ts": "export class Dep {}",
      "index.ts": "export const fromIndex: string = 'index';",
      "common.cts": "exports.fromCommon = 'cts' as string;",
      "only.js": "export const fromJs = 'js';",
      "only.ts": "export const fromJs = 'ts must not win';",
      "main.ts": `import "actor-runtime";
        import { Dep } from "./dep.js";
        import { fromIndex } from ".";
        import { fromJs } from "./only.js";
        import common from "./common.cjs";
        enum Colour { Red = 1 }
        const mark = (..._: unknown[]): void => {};
        @mark class A { constructor(readonly dep: Dep) {} }
        const types = (Reflect as any).getMetadata("design:paramtypes", A);
        console.log(types[0] === Dep, fromIndex, fromJs, common.fromCommon, Colour.Red);
        try { (undefined as any).x; } catch (error) { console.log((error as Error).stack); }`,
    });
    const { code, stdout, stderr } = await finish([...register, "main.ts"], { cwd });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^true index js cts 1\n/);
    expect(stdout).toContain("main.ts:11:");
  });

  it("runs TC39 decorators with ACTOR_DECORATORS=standard", async () => {
    const cwd = await projectWith({
      "main.ts": `import { Actor, Handler, State, connect } from "actor-runtime";
        @Actor("Counter") class Counter {
          @State() count: number = 0;
          @Handler() add(by: number): number { return (this.count += by); }
        }
        await using system = await connect({ actors: [Counter] });
        await system.ref(Counter, "a").add(2);
        console.log(await system.ref(Counter, "a").add(3));`,
    });
    const { stdout, stderr } = await finish([...register, "main.ts"], { cwd, env: { ACTOR_DECORATORS: "standard" } });
    expect([stdout, stderr]).toEqual(["5\n", ""]);
  });

  it("refuses a dialect that is none", async () => {
    const { code, stderr } = await finish([...register, "-e", ""], {
      cwd: await projectWith({}),
      env: { ACTOR_DECORATORS: "new" },
    });
    expect(code).not.toBe(0);
    expect(stderr).toContain('ACTOR_DECORATORS is "new"');
  });
});

describe("connect in a program of one's own", () => {
  it("without actors and without URLs fails and names both remedies", async () => {
    const cwd = await projectWith({ "main.ts": 'import { connect } from "actor-runtime";\nawait connect();' });
    const { code, stderr } = await finish([...register, "main.ts"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/give actors to host them here.*or set AMQP_URL and REDIS_URL/);
  });

  it("with one URL only names the missing one", async () => {
    const cwd = await projectWith({ "main.ts": 'import { connect } from "actor-runtime";\nawait connect();' });
    const { stderr } = await finish([...register, "main.ts"], { cwd, env: { AMQP_URL: "amqp://host" } });
    expect(stderr).toContain("REDIS_URL is missing");
  });
});

describe("config and doctor", () => {
  it("config print shows each value with its source and masks secrets; the config file may be TypeScript", async () => {
    const cwd = await projectWith({
      "actor-runtime.config.ts": `import { defineConfig } from "actor-runtime";
        export default defineConfig({ namespace: "shop" satisfies string, port: 7171 });`,
    });
    const env = { ACTOR_PORT: "7272", AMQP_URL: "amqp://user:hunter2@host/v", ACTOR_TOKEN: "correct-horse" };
    const { stdout } = await actorRuntime(["config", "print", "--json", "--host", "::1"], { cwd, env });
    expect(JSON.parse(stdout)).toMatchObject({
      host: { value: "::1", source: "--host" },
      port: { value: 7272, source: "ACTOR_PORT" },
      namespace: { value: "shop", source: "actor-runtime.config.ts" },
      drainTimeout: { value: 25_000, source: "default" },
      amqpUrl: { value: "amqp://user:***@host/v", source: "AMQP_URL" },
      token: { value: "***", source: "ACTOR_TOKEN" },
    });
    expect(stdout).not.toMatch(/hunter2|correct-horse/);
  });

  it("a config file with a field that is no setting ends with exit 78 and the list of settings", async () => {
    const cwd = await projectWith({ "actor-runtime.config.json": '{ "prot": 1 }' });
    const { code, stderr } = await actorRuntime(["config", "print"], { cwd });
    expect([code, stderr]).toEqual([78, expect.stringMatching(/there is no setting "prot"; there are .*port/)]);
  });

  it("doctor finds all well here, and exits 1 with the fix where something would stop a worker", async () => {
    const well = await actorRuntime(["doctor", "--json", "--port", "0"], {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
    });
    expect(well.code).toBe(0);
    const { checks } = JSON.parse(well.stdout) as { checks: { name: string; status: string }[] };
    expect(checks.map(({ name }) => name)).toEqual([
      "node",
      "decorators",
      "packages",
      "tsconfig",
      "services",
      "port",
      "traces",
    ]);
    expect(checks.filter(({ status }) => status !== "ok")).toEqual([]);
    const cwd = await projectWith({
      "tsconfig.json": '{ // TC39\n "compilerOptions": { "experimentalDecorators": false, } }',
    });
    const ill = await actorRuntime(["doctor", "--port", "0"], { cwd, env: { AMQP_URL: "amqp://host" } });
    expect(ill.code).toBe(1);
    expect(ill.stdout).toMatch(/^fail {2}services: .*REDIS_URL is missing/m);
    expect(ill.stdout).toMatch(/^warn {2}tsconfig: .*--decorators standard/m);
  });
});
