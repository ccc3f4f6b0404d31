import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { OtlpReceiver } from "./otlp-receiver.js";

const exporter = fileURLToPath(new URL("./fixtures/exporter.mjs", import.meta.url));

async function exportTo(receiver: OtlpReceiver, env: Readonly<Record<string, string>>): Promise<void> {
  const all = { ...process.env, ...receiver.env, OTEL_SERVICE_NAME: "mails", ...env };
  await once(spawn(process.execPath, [exporter], { env: all, stdio: "inherit" }), "exit");
}

function post(receiver: OtlpReceiver, body: string): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(`${receiver.url}/v1/traces`, { method: "POST", body, headers });
}

describe("OtlpReceiver", () => {
  it.each([
    { OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" },
    { OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf" },
    { OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf", OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" },
  ])("keeps what OpenTelemetry's own exporters send: %o", async (env) => {
    await using receiver = await OtlpReceiver.start();
    await exportTo(receiver, env);
    const spans = await receiver.until(
      (all) => all,
      ({ length }) => length === 2,
    );
    const parent = spans.find(({ name }) => name === "send Mail")!;
    const child = spans.find(({ name }) => name === "process Mail.deliver")!;
    expect(parent).toMatchObject({ kind: "producer", parentId: undefined, failed: false, scope: "exporter" });
    expect(child).toMatchObject({
      traceId: parent.traceId,
      parentId: parent.spanId,
      kind: "consumer",
      failed: true,
      attributes: { text: "Grüße", whole: -7, real: 0.5, yes: true, list: ["a", "b"] },
      events: [{ name: "retry scheduled", attributes: { "actor.delay_ms": 1_000 } }],
      links: [{ traceId: parent.traceId, spanId: "00000000000000aa" }],
    });
    expect(child.resource["service.name"]).toBe("mails");
    expect(Math.abs(Date.now() - child.endMs!)).toBeLessThan(60_000);
    expect(child.endMs!).toBeGreaterThanOrEqual(child.startMs!);
    expect([receiver.holds("deliver"), receiver.holds("nobody's name")]).toEqual([true, false]);
  });

  it("answers a trace once there is enough of it", async () => {
    await using receiver = await OtlpReceiver.start();
    const span = (traceId: string, name: string) =>
      JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId, spanId: name, name }] }] }] });
    const waiting = receiver.trace("a", (spans) => spans.length === 2);
    for (const body of [span("a", "one"), span("b", "two"), span("a", "three")]) await post(receiver, body);
    expect((await waiting).map(({ name }) => name)).toEqual(["one", "three"]);
  });

  it("can fail, hang and refuse, and then keeps again what comes", async () => {
    await using receiver = await OtlpReceiver.start();
    await receiver.behave("fail");
    expect((await post(receiver, "{}")).status).toBe(503);
    await receiver.behave("hang");
    const hanging = post(receiver, "{}");
    await expect.poll(() => receiver.exports).toBe(2);
    await receiver.behave("refuse");
    await expect(hanging).rejects.toThrow("fetch failed");
    await expect(post(receiver, "{}")).rejects.toThrow("fetch failed");
    await receiver.behave("keep");
    expect((await post(receiver, "{}")).status).toBe(200);
  });
});
