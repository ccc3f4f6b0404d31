import { fileURLToPath } from "node:url";
import { context, trace } from "@opentelemetry/api";
import { NodeSDK, resources } from "@opentelemetry/sdk-node";
import { type ActorSystem, connect } from "actor-runtime";
import { OtelTelemetry } from "actor-runtime/otel";
import { OtlpReceiver } from "../../otlp/otlp-receiver.js";
import { expectTree, type Pattern } from "../../otlp/pattern.js";
import type { TraceSpan } from "../../otlp/trace-span.js";
import { WorkerProcess } from "../cli-process.js";
import { real } from "../places.js";

const file = fileURLToPath(new URL("../fixtures/traced.ts", import.meta.url));
/** Short, so that the partitions of a killed worker are soon free. */
const lease = "2s";

/**
 * Worker processes and a client in this one, on real services, that all send their traces to one receiver. The client brings an
 * SDK of its own; there can be only one of it in a process.
 */
export class TracedStage implements AsyncDisposable {
  readonly receiver: OtlpReceiver;
  readonly client: ActorSystem;
  readonly #env: Record<string, string>;
  readonly #sdk: NodeSDK;
  readonly #workers: WorkerProcess[] = [];

  private constructor(receiver: OtlpReceiver, client: ActorSystem, env: Record<string, string>, sdk: NodeSDK) {
    this.receiver = receiver;
    this.client = client;
    this.#env = env;
    this.#sdk = sdk;
  }

  static async set(): Promise<TracedStage> {
    const receiver = await OtlpReceiver.start();
    const env = { ...real.env(), ...receiver.env };
    // The SDK reads nothing else.
    Object.assign(process.env, receiver.env);
    const resource = resources.resourceFromAttributes({ "service.instance.id": "client" });
    const sdk = new NodeSDK({ resource, instrumentations: [] });
    sdk.start();
    const { AMQP_URL: amqpUrl = "", REDIS_URL: redisUrl = "", ACTOR_NAMESPACE: namespace = "" } = env;
    const client = await connect({ amqpUrl, redisUrl, namespace, telemetry: new OtelTelemetry() });
    return new TracedStage(receiver, client, env, sdk);
  }

  /** Starts a worker that hosts these types and no others. */
  async start(name: string, types: string, env: Readonly<Record<string, string>> = {}): Promise<WorkerProcess> {
    const worker = await WorkerProcess.start([file, "--worker-id", name, "--only", types, "--lease", lease], {
      env: { ...this.#env, ...env },
    });
    this.#workers.push(worker);
    return worker;
  }

  /** Runs the body within a span of that name; its trace's id. */
  async within(name: string, body: () => Promise<unknown>): Promise<string> {
    const span = trace.getTracer("story").startSpan(name);
    try {
      await context.with(trace.setSpan(context.active(), span), body);
    } finally {
      span.end();
    }
    return span.spanContext().traceId;
  }

  /**
   * The trace, once it is this tree.
   *
   * @throws Error that shows where they part
   */
  async expect(traceId: string, pattern: Pattern): Promise<readonly TraceSpan[]> {
    const ofTrace = () => this.receiver.spans.filter((span) => span.traceId === traceId);
    await this.receiver.trace(traceId, (spans) => fits(spans, pattern)).catch(() => expectTree(ofTrace(), pattern));
    return ofTrace();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await Promise.all(this.#workers.map((worker) => worker[Symbol.asyncDispose]()));
    await this.#sdk.shutdown();
    await this.receiver[Symbol.asyncDispose]();
  }
}

function fits(spans: readonly TraceSpan[], pattern: Pattern): boolean {
  try {
    expectTree(spans, pattern);
    return true;
  } catch {
    return false;
  }
}
