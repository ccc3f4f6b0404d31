import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkSpans } from "../../otlp/check-spans.js";
import { type TraceSpan, workerOf } from "../../otlp/trace-span.js";
import type { WorkerProcess } from "../cli-process.js";
import { Shop } from "../fixtures/traced.js";
import { TracedStage } from "./traced-stage.js";

const timeout = 40_000;

let stage: TracedStage;

beforeAll(async () => {
  stage = await TracedStage.set();
}, timeout);
afterAll(() => stage[Symbol.asyncDispose](), timeout);

const call = (worker: WorkerProcess, path: string, args: readonly unknown[], headers: Record<string, string> = {}) =>
  worker.post(path, JSON.stringify(args), headers);

describe("P11: what is not to be told is told nowhere", { timeout }, () => {
  it("a call that its caller, or the first worker, sampled out has no span at any worker it comes to", async () => {
    const [silent, shop] = await Promise.all([
      stage.start("silent", "Mail", { OTEL_TRACES_SAMPLER: "always_off" }),
      stage.start("shop", "Shop"),
      stage.start("others", "Stock,Bank"),
    ]);
    const unsampled = { traceparent: `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-00` };
    expect((await call(shop, "Shop/quiet/order", ["quiet"], unsampled)).ok).toBe(true);
    expect((await call(silent, "Mail/quiet/forward", ["hello"])).ok).toBe(true);
    // Comes to the same actor of the bank after them.
    const id = await stage.within("loud", () => stage.client.ref(Shop, "loud").order("loud"));
    const bills = ({ name, traceId }: TraceSpan) => name === "process Bank.bill" && traceId === id;
    const spans = await stage.receiver.until(
      (all) => all,
      (all) => all.some(bills),
    );
    expect(spans.filter(({ attributes }) => attributes["actor.key"] === "quiet")).toEqual([]);
    expect(spans.filter(({ name }) => name === "process Bank.note")).toEqual([]);
    expect(spans.filter((span) => workerOf(span) === "silent")).toEqual([]);
  });

  it("no key is anywhere in what leaves a worker that hashes them, not even in errors", async () => {
    const worker = await stage.start("discreet", "Shop,Stock,Mail,Bank", {
      ACTOR_TRACE_KEYS: "hashed",
      ACTOR_NAMESPACE: `story-${randomBytes(6).toString("hex")}`,
    });
    const calls = [
      call(worker, "Shop/secret-shop/order", ["secret-item"]),
      call(worker, "Shop/secret-shop/goRound", ["secret-stock"]),
      call(worker, "Mail/secret-mail/fail", []),
      call(worker, "Mail/secret-mail/sing", []),
    ];
    const statuses = (await Promise.all(calls)).map(({ ok }) => ok);
    expect(statuses).toEqual([true, false, false, false]);
    worker.kill("SIGTERM");
    await worker.ended();
    const spans = stage.receiver.spans.filter((span) => workerOf(span) === "discreet");
    expect(spans.filter(({ failed }) => failed).map(({ name }) => name)).toEqual(
      expect.arrayContaining(["ask Shop.goRound", "process Mail.fail"]),
    );
    expect(checkSpans(spans)).toEqual([]);
    expect([stage.receiver.holds("Stock.reserve"), stage.receiver.holds("secret")]).toEqual([true, false]);
    const keys = spans.flatMap(({ attributes }) => attributes["actor.key"] ?? []);
    expect(keys.filter((key) => !/^[\da-f]{16}$/.test(String(key)))).toEqual([]);
  });
});
