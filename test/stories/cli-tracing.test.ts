import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkSpans } from "../otlp/check-spans.js";
import { OtlpReceiver } from "../otlp/otlp-receiver.js";
import { ask, expectTree, own, process as processed, send } from "../otlp/pattern.js";
import { type Kind, type TraceSpan, workerOf } from "../otlp/trace-span.js";
import { accountFile, actorRuntime, finish, projectWith, WorkerProcess } from "./cli-process.js";
import { places, real } from "./places.js";
import { parsePrometheus } from "./prometheus-text.js";

const jaeger = "http://localhost:16686/trace/{traceId}";
/** So long that only a flush brings spans out. */
const neverByItself = { OTEL_BSP_SCHEDULE_DELAY: "600000" };

/** Fails whatever it is told, once. */
const ledger = `
  import { Actor, ActorContext, Handler, inject } from "actor-runtime";
  @Actor("Ledger", { attempts: 1, partitions: 2 }) export class Ledger {
    private readonly self = inject(ActorContext);
    @Handler() add(line: string): void {
      this.self.log.info({ line }, "adding a line");
      throw new TypeError("the ledger is broken");
    }
  }`;

/** The id in \`trace: …\` on stderr. */
function traceIn(stderr: string): string {
  const [, id] = /^trace: ([0-9a-f]{32})$/m.exec(stderr) ?? [];
  if (id === undefined) throw new Error(`no trace in: ${stderr}`);
  return id;
}

/** What the command line and what the worker made has come: each exports by itself, and either may be the later one. */
function both(...kinds: readonly Kind[]): (spans: readonly TraceSpan[]) => boolean {
  return (spans) => kinds.every((kind) => spans.some((span) => span.kind === kind));
}

/** The lines of a worker's log as objects; the last one may not be whole yet. */
function linesOf(worker: WorkerProcess): Record<string, unknown>[] {
  const whole = worker.log.slice(0, worker.log.lastIndexOf("\n") + 1).split("\n");
  return whole.flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []));
}

describe.each(places)("a traced worker in $name", { timeout: 60_000 }, ({ env }) => {
  let receiver: OtlpReceiver;
  let worker: WorkerProcess;
  /** What the command line needs to trace by itself, where it is the one that calls. */
  let traced: { env: Record<string, string> };
  beforeAll(async () => {
    receiver = await OtlpReceiver.start();
    traced = { env: { ...receiver.env, OTEL_SERVICE_NAME: "shop" } };
    const cwd = await projectWith({ "ledger.ts": ledger });
    worker = await WorkerProcess.start([accountFile, "ledger.ts", "--worker-id", "w1"], {
      cwd,
      env: { ...env(), ...traced.env },
    });
  });
  afterAll(async () => {
    await worker[Symbol.asyncDispose]();
    await receiver[Symbol.asyncDispose]();
  });

  it("P11: prints the id of a call's trace on stderr, under which the call is found whole", async () => {
    const { code, stdout, stderr } = await worker.cli(["call", "Account/alice", "deposit", "100"], traced);
    expect([code, stdout]).toEqual([0, "100\n"]);
    const spans = await receiver.trace(traceIn(stderr), both("client", "consumer"));
    expectTree(spans, ask("Account.deposit", [processed("Account.deposit").with({ "actor.key": "alice" })]));
    expect(checkSpans(spans)).toEqual([]);
    expect(workerOf(spans.find(({ kind }) => kind === "consumer")!)).toBe("w1");
    expect(new Set(spans.map(({ resource }) => resource["service.name"]))).toEqual(new Set(["shop"]));
  });

  it("P11: prints the trace of a tell too", async () => {
    const { stdout, stderr } = await worker.cli(["tell", "Account/told", "deposit", "5"], traced);
    expect(stdout).toBe("");
    const spans = await receiver.trace(traceIn(stderr), both("producer", "consumer"));
    expectTree(spans, send("Account", [processed("Account.deposit")]));
  });

  it("P11: prints the trace of a call that failed below its error", async () => {
    const { code, stderr } = await worker.cli(["call", "Account/poor", "withdraw", "1"], traced);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^RejectedError \[INSUFFICIENT_FUNDS\]: .*\ntrace: \w{32}\n$/),
    ]);
    const spans = await receiver.trace(traceIn(stderr), both("client", "consumer"));
    expectTree(
      spans,
      ask("Account.withdraw", [processed("Account.withdraw").with({ "actor.outcome": "rejected" })]).failed(
        "RejectedError",
      ),
    );
  });

  it("P11: prints a link with --trace-url, and everything as JSON with --json", async () => {
    const call = ["call", "Account/linked", "deposit", "1"];
    expect((await worker.cli([...call, "--trace-url", jaeger], traced)).stderr).toMatch(
      /^trace: http:\/\/localhost:16686\/trace\/[0-9a-f]{32}\n$/,
    );
    const asJson = await worker.cli(["--json", ...call], { env: { ...traced.env, ACTOR_TRACE_URL: jaeger } });
    const { reply, traceId, traceUrl } = JSON.parse(asJson.stdout) as Record<string, string>;
    expect([reply, traceUrl]).toEqual([2, jaeger.replace("{traceId}", traceId!)]);
    const failed = await worker.cli(["--json", "call", "Account/poor", "withdraw", "1"], traced);
    expect(JSON.parse(failed.stderr)).toMatchObject({
      error: { code: "INSUFFICIENT_FUNDS" },
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it("printed spans and the SDK's own words among the answer, where they go to the console", async () => {
    const talkative = { OTEL_TRACES_EXPORTER: "console", OTEL_METRICS_EXPORTER: "console", OTEL_LOG_LEVEL: "debug" };
    const { code, stdout } = await worker.cli(["call", "Account/talkative", "deposit", "7"], { env: talkative });
    expect([code, stdout]).toEqual([0, "7\n"]);
  });

  it("P11: makes a call over HTTP a part of the caller's trace, and answers under which it is", async () => {
    const [traceId, spanId] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];
    const answer = await worker.post("Account/http/deposit", "[1]", { traceparent: `00-${traceId}-${spanId}-01` });
    const spans = await receiver.trace(traceId, (all) => all.some(({ kind }) => kind === "client"));
    const root = spans.find(({ name }) => name === "ask Account.deposit")!;
    expect(root.parentId).toBe(spanId);
    expect(answer.headers.get("traceresponse")).toBe(`00-${traceId}-${root.spanId}-01`);
  });

  it("P11: traces nothing of a call over HTTP that its caller sampled out", async () => {
    const traceId = "5bf92f3577b34da6a3ce929d0e0e4736";
    const traceparent = `00-${traceId}-00f067aa0ba902b7-00`;
    const answer = await worker.post("Account/quiet/deposit", "[1]", { traceparent });
    expect([answer.status, answer.headers.get("traceresponse")]).toEqual([200, null]);
    // What comes later is there, so what came before would be too.
    const { stderr } = await worker.cli(["call", "Account/quiet", "current"], traced);
    await receiver.trace(traceIn(stderr), (all) => all.length > 0);
    expect(receiver.spans.filter((span) => span.traceId === traceId)).toEqual([]);
  });

  it("P11: dead letters name their trace, with the baggage that came with it, and so do the lines of the failed turn", async () => {
    const traceId = "6bf92f3577b34da6a3ce929d0e0e4736";
    await worker.post("Ledger/a/add?tell", '["one"]', {
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      baggage: "tenant=a",
    });
    const list = ["dead", "ls", "Ledger", "--json"];
    const letters = async (...args: string[]) =>
      (JSON.parse((await worker.cli([...list, ...args])).stdout) as { letters: { id: string; traceId: string }[] })
        .letters;
    await expect.poll(letters).toMatchObject([{ traceId }]);
    const link = jaeger.replace("{traceId}", traceId);
    const [letter] = await letters("--trace-url", jaeger);
    expect(letter).toMatchObject({ traceId, traceUrl: link });
    expect((await worker.cli(["dead", "ls"])).stdout).toMatch(new RegExp(` TRACE\\n.* ${traceId}\\n$`));
    expect((await worker.cli(["dead", "ls", "--trace-url", jaeger])).stdout).toContain(` ${link}\n`);
    const shown = await worker.cli(["dead", "show", letter!.id, "--trace-url", jaeger]);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      traceId,
      traceUrl: link,
      message: { trace: { baggage: "tenant=a" } },
    });
    const lines = () => linesOf(worker).filter(({ trace_id }) => trace_id === traceId);
    await expect
      .poll(lines)
      .toContainEqual(expect.objectContaining({ msg: "adding a line", actor: "Ledger/a", line: "one" }));
    await expect.poll(lines).toContainEqual(
      expect.objectContaining({
        level: 50,
        actor: "Ledger/a",
        handler: "add",
        code: "HANDLER_FAILED",
        span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
        err: expect.objectContaining({ type: "HandlerError", stack: expect.stringContaining("ledger.ts") }),
      }),
    );
  });

  it("shows its metrics to Prometheus without a token, and no actor's key among them", async () => {
    await worker.post("Account/a-secret-key/deposit", "[1]");
    await worker.post("Account/a-secret-key/crash", "[]");
    const response = await fetch(`${worker.url}/metrics`);
    expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
    const text = await response.text();
    const families = parsePrometheus(text);
    const turn = { type: "Account", handler: "deposit", outcome: "ok" };
    expect(families.get("actor_messages_total")?.samples).toContainEqual(expect.objectContaining({ labels: turn }));
    expect(families.get("actor_turn_duration_seconds")?.type).toBe("histogram");
    expect(families.get("process_event_loop_delay_seconds")?.samples).toHaveLength(2);
    expect(text).not.toContain("a-secret-key");
    const head = await fetch(`${worker.url}/metrics`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  it("says where its traces go", () => {
    expect(worker.log).toContain(receiver.url);
  });
});

describe("the settings of traces", { timeout: 60_000 }, () => {
  it("P11: hide actors' keys, and give each turn a trace of its own that is linked to its sender", async () => {
    await using receiver = await OtlpReceiver.start();
    const env = { ...receiver.env, ACTOR_TRACE_KEYS: "hashed" };
    await using worker = await WorkerProcess.start([accountFile, "--trace-correlation", "link"], { env });
    await worker.post("Account/a-secret-key/deposit", "[1]");
    const spans = await receiver.until(
      (all) => all.filter(({ name }) => name.endsWith("Account.deposit")),
      (all) => all.length === 2,
    );
    const [sender, turn] = [spans.find(({ kind }) => kind === "client"), spans.find(({ kind }) => kind === "consumer")];
    expect(turn?.parentId).toBeUndefined();
    expect(turn?.links).toEqual([{ traceId: sender?.traceId, spanId: sender?.spanId }]);
    expect(receiver.holds("a-secret-key")).toBe(false);
  });

  it.each([
    ["gRPC to a host and port", { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc", OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:1" }],
    ["empty variables", { OTEL_TRACES_EXPORTER: "", OTEL_EXPORTER_OTLP_ENDPOINT: "http://user:pw@localhost:1/otlp" }],
    ["an exporter that is gone", { OTEL_TRACES_EXPORTER: "jaeger", OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:1" }],
  ])("say in the ready line where traces go: %s", async (_, env) => {
    await using worker = await WorkerProcess.start([accountFile], { env });
    expect(linesOf(worker).find(({ msg }) => String(msg).startsWith("ready"))?.["tracesTo"]).toBe("http://localhost:1");
  });

  it.each([
    [[], undefined],
    [["--trust-baggage"], "tenant=a"],
  ])("P11: let baggage from off loopback into the system only where they say so: %j", async (flags, baggage) => {
    await using receiver = await OtlpReceiver.start();
    const cwd = await projectWith({ "ledger.ts": ledger });
    const env = { ...receiver.env, ACTOR_TOKEN: "correct-horse" };
    await using worker = await WorkerProcess.start(["ledger.ts", "--host", "0.0.0.0", ...flags], { cwd, env });
    const headers = { authorization: "Bearer correct-horse", baggage: "tenant=a" };
    expect((await worker.post("Ledger/a/add?tell", '["one"]', headers)).status).toBe(202);
    const letters = async () => {
      const response = await fetch(`${worker.url}/api/dead`, { headers });
      return ((await response.json()) as { letters: { id: string }[] }).letters;
    };
    await expect.poll(letters).toHaveLength(1);
    const [{ id }] = (await letters()) as [{ id: string }];
    const shown = await fetch(`${worker.url}/api/dead/${encodeURIComponent(id)}`, { headers });
    const [letter] = ((await shown.json()) as { letters: { message: { trace: Record<string, string> } }[] }).letters;
    expect(letter?.message.trace).toMatchObject({ traceparent: expect.any(String) });
    expect(letter?.message.trace["baggage"]).toBe(baggage);
  });
});

it("P11: a program that has an SDK of its own gives connect its telemetry, and its spans are the parents of calls", async () => {
  await using receiver = await OtlpReceiver.start();
  const cwd = await projectWith({
    "main.ts": `
      import { trace } from "@opentelemetry/api";
      import { NodeSDK } from "@opentelemetry/sdk-node";
      import { Actor, Handler, connect } from "actor-runtime";
      import { OtelTelemetry } from "actor-runtime/otel";
      @Actor("Echo") class Echo { @Handler() say(text: string): string { return text; } }
      const sdk = new NodeSDK();
      sdk.start();
      const system = await connect({ actors: [Echo], telemetry: new OtelTelemetry() });
      await trace.getTracer("program").startActiveSpan("greet", async (span) => {
        console.log(await system.ref(Echo, "e").say("hello"));
        span.end();
      });
      await system.close();
      await sdk.shutdown();`,
  });
  const main = ["--import", "actor-runtime/register", "main.ts"];
  expect(await finish(main, { cwd, env: receiver.env })).toMatchObject({ code: 0, stdout: "hello\n" });
  const { traceId } = receiver.spans.find(({ name }) => name === "greet")!;
  expectTree(
    receiver.spans.filter((span) => span.traceId === traceId),
    own("greet", [ask("Echo.say", [processed("Echo.say")])]),
  );
}, 60_000);

describe("a traced worker that ends", { timeout: 60_000 }, () => {
  it("P11: sends its last spans before it is gone, after SIGTERM and after an error that nobody caught", async () => {
    await using receiver = await OtlpReceiver.start();
    for (const [handler, code] of [
      ["deposit", 0],
      ["blowUpLater", 1],
    ] as const) {
      await using worker = await WorkerProcess.start([accountFile], { env: { ...receiver.env, ...neverByItself } });
      const response = await worker.post(`Account/last/${handler}`, handler === "deposit" ? "[1]" : "[]");
      const [, traceId] = response.headers.get("traceresponse")!.split("-");
      if (code === 0) worker.kill("SIGTERM");
      expect(await worker.ended()).toBe(code);
      const spans = receiver.spans.filter((span) => span.traceId === traceId);
      expectTree(spans, ask(`Account.${handler}`, [processed(`Account.${handler}`)]));
    }
  });

  it.each(["refuse", "hang", "fail"] as const)(
    "works on while its collector does %s, warns once, and ends within the time that its last spans have",
    async (behaviour) => {
      await using receiver = await OtlpReceiver.start();
      await receiver.behave(behaviour);
      const impatient = { OTEL_BSP_EXPORT_TIMEOUT: "200", OTEL_EXPORTER_OTLP_TIMEOUT: "200" };
      await using worker = await WorkerProcess.start([accountFile], { env: { ...receiver.env, ...impatient } });
      const lost = () => linesOf(worker).filter(({ msg }) => String(msg).includes("spans are lost"));
      let balance = 0;
      const deposit = async () => {
        const sentAt = performance.now();
        expect(await (await worker.post("Account/a/deposit", "[1]")).json()).toBe(++balance);
        expect(performance.now() - sentAt).toBeLessThan(2_000);
        return lost();
      };
      await expect.poll(deposit).toMatchObject([{ level: 40 }]);
      for (let more = 0; more < 100; more++) await deposit();
      expect(lost()).toHaveLength(1);
      const askedAt = performance.now();
      worker.kill("SIGTERM");
      expect(await worker.ended()).toBe(0);
      expect(performance.now() - askedAt).toBeLessThan(6_000);
    },
  );
});

describe("without an exporter", { timeout: 60_000 }, () => {
  /** Which packages a process loaded, as it writes them down when it ends. */
  async function loaded(args: readonly string[], env: Record<string, string>): Promise<string[]> {
    const cwd = await projectWith({
      "watch.mjs": `import { Module } from "node:module"; import { writeFileSync } from "node:fs";
        process.on("exit", () => writeFileSync(process.env.STORY_LOADED, Object.keys(Module._cache).join("\\n")));`,
    });
    const STORY_LOADED = join(cwd, "loaded");
    const preload = { STORY_LOADED, NODE_OPTIONS: `--import ${pathToFileURL(join(cwd, "watch.mjs")).href}` };
    if (args[0] === "start") {
      const worker = await WorkerProcess.start(args.slice(1), { cwd, env: { ...env, ...preload } });
      worker.kill("SIGTERM");
      await worker.ended();
    } else {
      await actorRuntime(args, { cwd, env: { ...env, ...preload } });
    }
    const files = (await readFile(STORY_LOADED, "utf8")).split("\n");
    return [...new Set(files.flatMap((file) => /node_modules\/(@opentelemetry\/[^/]+)/.exec(file)?.[1] ?? []))];
  }

  it("a worker loads nothing of the SDK, nor with --no-otel or OTEL_SDK_DISABLED", async () => {
    await using receiver = await OtlpReceiver.start();
    const sdk = "@opentelemetry/sdk-node";
    expect(await loaded(["start", accountFile], receiver.env)).toContain(sdk);
    expect(await loaded(["start", accountFile], {})).toEqual(["@opentelemetry/api"]);
    expect(await loaded(["start", accountFile, "--no-otel"], receiver.env)).toEqual(["@opentelemetry/api"]);
    const disabled = { ...receiver.env, OTEL_SDK_DISABLED: "true" };
    expect(await loaded(["start", accountFile], disabled)).toEqual(["@opentelemetry/api"]);
  });

  it("call loads nothing of OpenTelemetry, prints no trace, and says how to get one when it is asked for a link", async () => {
    const env = real.env();
    await using worker = await WorkerProcess.start([accountFile], { env });
    expect(await loaded(["call", "Account/a", "deposit", "1"], env)).toEqual([]);
    const call = ["call", "Account/a", "current"];
    expect(await worker.cli(call, { env: { ACTOR_TRACE_URL: jaeger } })).toEqual({
      code: 0,
      stdout: "1\n",
      stderr: "",
    });
    expect(JSON.parse((await worker.cli([...call, "--json"])).stdout)).toEqual({ reply: 1 });
    expect((await worker.cli([...call, "--trace-url", jaeger])).stderr).toMatch(
      /^trace: none; .*OTEL_EXPORTER_OTLP_ENDPOINT/,
    );
  });
});
