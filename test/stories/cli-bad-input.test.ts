import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accountFile, actorRuntime, projectWith, WorkerProcess } from "./cli-process.js";
import { places } from "./places.js";

const actor = (name: string) => `@Actor("${name}") export class ${name} { @Handler() go(): void {} }`;
const imports = 'import { Actor, Handler } from "actor-runtime";';

let folder: string;
beforeAll(async () => {
  folder = await projectWith({
    "good.ts": `${imports}\n${actor("Good")}`,
    "twin.ts": `${imports}\n${actor("Good")}`,
    "none.ts": "export const answer = 42;",
    "syntax.ts": "export const a = 1;\nexport let b: = 2;\n",
    "missing.ts": 'import "./nowhere.js";',
    "type-only.ts": `${imports}\nimport { Shape } from "./none.js";
      @Actor("Typed") export class Typed { constructor(readonly shape: Shape) {} @Handler() go(): void {} }`,
    "plain.js": `import { Actor, Handler } from "actor-runtime";
      export class Plain { constructor(ledger) { this.ledger = ledger; } go() {} }
      Handler()(Plain.prototype, "go", Object.getOwnPropertyDescriptor(Plain.prototype, "go"));
      Actor("Plain")(Plain);`,
    "unnamed.ts": `${imports}\n@Actor("a b") export class Unnamed { @Handler() go(): void {} }`,
  });
});

describe("start with bad input ends with one line that names the fix", () => {
  it.each<[string, string[], number, RegExp]>([
    ["no file", [], 2, /name the files with your actors, for example: actor-runtime start accounts\.ts/],
    ["a file that does not exist", ["nope.ts"], 2, /no file matches nope\.ts/],
    ["a glob that matches nothing", ["src/**/*.actor.ts"], 2, /no file matches src\/\*\*\/\*\.actor\.ts/],
    ["a folder", ["."], 2, /\. is a folder; name files or a glob/],
    ["an unknown flag", ["good.ts", "--prot", "1"], 2, /unknown option '--prot'[\s\S]*--port/],
    [
      "a file without actors",
      ["none.ts"],
      78,
      /none\.ts exports no actor: mark a class with @Actor\("Name"\) and export it/,
    ],
    [
      "two classes of one name",
      ["good.ts", "twin.ts"],
      78,
      /two classes have the name "Good", in good\.ts and twin\.ts; rename one/,
    ],
    ["a syntax error", ["syntax.ts"], 78, /syntax\.ts:2: Unexpected token/],
    ["an import of a file that is not there", ["missing.ts"], 78, /missing\.ts: Cannot find module .*nowhere\.js/],
    ["an interface imported as a value", ["type-only.ts"], 78, /where Shape is only a type, import it as `type Shape`/],
    [
      "a constructor that wants injection without metadata",
      ["plain.js"],
      78,
      /class Plain: its constructor wants 1 parameter.*inject\(/,
    ],
    ["an actor name that is none", ["unnamed.ts"], 78, /@Actor on class Unnamed: "a b" is no actor type/],
    [
      "a limit that there is not",
      ["good.ts", "--limits", '{"concurency":1}'],
      78,
      /limits: there is no limit "concurency"; there are concurrency, waiting/,
    ],
    ["a port that is no number", ["good.ts", "--port", "http"], 78, /--port is "http" and must be a whole number/],
  ])("%s", async (_, args, code, message) => {
    const finished = await actorRuntime(["start", "--port", "0", ...args], { cwd: folder });
    expect(finished.stderr).toMatch(message);
    expect(finished.code).toBe(code);
    expect(finished.stderr).not.toMatch(/^\s+at /m);
    expect(finished.stdout).toBe("");
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ["only AMQP_URL", { AMQP_URL: "amqp://host" }, /REDIS_URL is missing/],
    ["only REDIS_URL", { REDIS_URL: "redis://host" }, /AMQP_URL is missing/],
    [
      "an AMQP_URL of another protocol",
      { AMQP_URL: "http://host", REDIS_URL: "redis://host" },
      /AMQP_URL must be a URL like amqp:/,
    ],
  ])("%s set", async (_, env, message) => {
    const finished = await actorRuntime(["start", "good.ts"], { cwd: folder, env });
    expect([finished.code, finished.stderr]).toEqual([78, expect.stringMatching(message)]);
  });
});

describe.each(places)(
  "P13: a worker in $name answers bad calls with typed errors and goes on",
  { timeout: 30_000 },
  ({ env }) => {
    let worker: WorkerProcess;
    beforeAll(async () => {
      worker = await WorkerProcess.start([accountFile], { env: env() });
    });
    afterAll(() => worker[Symbol.asyncDispose]());

    it("says that a port is in use, and how to take another", async () => {
      const finished = await actorRuntime(["start", accountFile, "--port", new URL(worker.url).port]);
      expect([finished.code, finished.stderr]).toEqual([
        78,
        expect.stringMatching(/port \d+ .* is taken.*--port \(0 = any free port\)/),
      ]);
    });

    it.each<[string, string[], RegExp]>([
      ["no address", ["Account", "deposit", "1"], /"Account" is no actor address: write Type\/key/],
      ["an empty key", ["Account/", "deposit", "1"], /key must not be empty/],
      [
        "a key over 256 bytes",
        [`Account/${"k".repeat(257)}`, "deposit", "1"],
        /at most 256 UTF-8 bytes, this one has 257/,
      ],
      ["a bare word for JSON", ["Account/a", "echo", "hello"], /argument 1 is not JSON: .*write text as '"hello"'/],
      ["broken JSON", ["Account/a", "echo", "1", '{"a":'], /argument 2 is not JSON: .*put single quotes around JSON/],
    ])("the command line refuses %s with exit 2", async (_, args, message) => {
      expect(await worker.cli(["call", ...args])).toEqual({
        code: 2,
        stdout: "",
        stderr: expect.stringMatching(message),
      });
    });

    it.each<[string, string, string, number, string, RegExp]>([
      ["an unknown type", "Nobody/a/go", "[]", 404, "UnknownTypeError", /Nobody/],
      ["an unknown handler", "Account/a/fly", "[]", 404, "UnknownHandlerError", /deposit/],
      ["a method that is not marked", "Account/a/unmarked", "[]", 404, "UnknownHandlerError", /@Handler/],
      ["a reserved name", "Account/a/constructor", "[]", 404, "UnknownHandlerError", /constructor/],
      ["a body that is no JSON", "Account/a/deposit", "[1", 400, "InvalidArgumentsError", /not valid JSON/],
      ["a body that is no array", "Account/a/deposit", "1", 400, "InvalidArgumentsError", /array/],
      ["arguments that fail the schema", "Account/a/deposit", "[-1]", 400, "InvalidArgumentsError", /positive/],
      [
        "a message over its bound",
        "Account/a/echo",
        JSON.stringify(["x".repeat(300_000)]),
        413,
        "TooLargeError",
        /bytes/,
      ],
      [
        "a body over its bound",
        "Account/a/echo",
        JSON.stringify(["x".repeat(1_100_000)]),
        413,
        "TooLargeError",
        /bytes/,
      ],
      ["an empty key", "Account//deposit", "[1]", 400, "InvalidAddressError", /empty/],
      ["a key over 256 bytes", `Account/${"k".repeat(257)}/deposit`, "[1]", 400, "InvalidAddressError", /256/],
      ["an answer that cannot travel", "Account/a/leak", "[]", 400, "NotSendableError", /lines\[0\]\.price/],
      ["a state over its bound", "Account/a/remember", "[2000000]", 413, "TooLargeError", /state/],
      ["a handler that never ends", "Account/a/hang", "[]", 504, "TurnTimeoutError", /100 ms/],
      ["a bug in a handler", "Account/a/crash", "[]", 500, "HandlerError", /a bug/],
    ])("%s", async (_, path, body, status, name, message) => {
      const response = await worker.post(path, body);
      const { error } = (await response.json()) as { error: Record<string, unknown> };
      expect([response.status, error.class, error.message]).toEqual([status, name, expect.stringMatching(message)]);
      expect(await (await worker.post("Account/a/current", "[]")).json()).toBe(0);
    });

    it.each<[string, RequestInit, number]>([
      [
        "a page of another origin",
        { method: "POST", body: "[1]", headers: { "content-type": "application/json", origin: "http://evil.example" } },
        403,
      ],
      [
        "a form, which any page could send",
        { method: "POST", body: "[1]", headers: { "content-type": "text/plain" } },
        415,
      ],
      ["GET, which any image could send", {}, 405],
    ])("%s may not call", async (_, request, status) => {
      expect((await fetch(`${worker.url}/api/actors/Account/safe/deposit`, request)).status).toBe(status);
      expect(await (await worker.post("Account/safe/current", "[]")).json()).toBe(0);
    });
  },
);
