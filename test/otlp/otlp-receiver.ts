import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { type ExportRequest, spansOf } from "./export-request.js";
import { exportRequest } from "./otlp-schema.js";
import { decodeProtobuf } from "./protobuf.js";
import type { TraceSpan } from "./trace-span.js";
import { drawSpans } from "./tree.js";

/** What it does with an export: keeps it, answers 503, never answers, or does not even listen. */
export type Behaviour = "keep" | "fail" | "hang" | "refuse";

const longestWaitMs = 15_000;

/**
 * Takes the traces of the processes of a test, over HTTP on loopback, as JSON or protobuf, gzipped or not.
 *
 * @example
 * await using receiver = await OtlpReceiver.start();
 * const worker = await WorkerProcess.start([file], { env: receiver.env });
 * const trace = await receiver.trace(id, (spans) => spans.length === 3);
 */
export class OtlpReceiver implements AsyncDisposable {
  readonly #server: Server;
  readonly #port: number;
  readonly #spans: TraceSpan[] = [];
  readonly #bodies: Buffer[] = [];
  readonly #wakers = new Set<() => void>();
  #behaviour: Behaviour = "keep";
  #exports = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    server.on("request", (request, response) => void this.#take(request, response));
  }

  static async start(): Promise<OtlpReceiver> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new OtlpReceiver(server);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Sends a process' traces here, soon after they end. */
  get env(): Record<string, string> {
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: this.url,
      OTEL_TRACES_EXPORTER: "otlp",
      OTEL_METRICS_EXPORTER: "none",
      OTEL_LOGS_EXPORTER: "none",
      OTEL_BSP_SCHEDULE_DELAY: "50",
    };
  }

  /** Every span kept so far. */
  get spans(): readonly TraceSpan[] {
    return this.#spans;
  }

  /** Requests of exporters so far, those that failed too. */
  get exports(): number {
    return this.#exports;
  }

  /** Whether the text is anywhere in what came, in a name, an attribute, an event or a resource. */
  holds(text: string): boolean {
    return this.#bodies.some((body) => body.includes(text));
  }

  async behave(behaviour: Behaviour): Promise<void> {
    const wasAway = this.#behaviour === "refuse";
    this.#behaviour = behaviour;
    if (behaviour === "refuse") {
      await this.#closeServer();
    } else if (wasAway) {
      this.#server.listen(this.#port, "127.0.0.1");
      await once(this.#server, "listening");
    }
  }

  /**
   * The spans of one trace, as soon as there are enough.
   *
   * @throws Error with what there is when there are not enough after 15 s
   */
  trace(id: string, enough: (spans: readonly TraceSpan[]) => boolean): Promise<readonly TraceSpan[]> {
    return this.until(
      (all) => all.filter(({ traceId }) => traceId === id),
      (spans) => enough(spans),
    );
  }

  /**
   * The spans that `choose` picks of all, as soon as they are enough.
   *
   * @throws Error with what there is when they are not enough after 15 s
   */
  async until(
    choose: (all: readonly TraceSpan[]) => readonly TraceSpan[],
    enough: (chosen: readonly TraceSpan[]) => boolean,
  ): Promise<readonly TraceSpan[]> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, longestWaitMs);
    try {
      for (;;) {
        const chosen = choose(this.#spans);
        if (enough(chosen)) return chosen;
        if (late) throw new Error(`not enough spans after ${longestWaitMs} ms:\n${drawSpans(chosen)}`);
        await new Promise<void>((resolve) => this.#wakers.add(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.#closeServer();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = await buffer(request);
    this.#exports += 1;
    if (this.#behaviour === "hang") return;
    if (this.#behaviour === "fail") return void response.writeHead(503).end();
    if (request.url === "/v1/traces") {
      const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent;
      this.#bodies.push(body);
      this.#spans.push(...spansOf(decode(body, request.headers["content-type"])));
    }
    // In the format of the request, or the exporter warns: an empty message is no bytes at all in protobuf.
    const type = request.headers["content-type"] ?? "";
    response.writeHead(200, { "content-type": type }).end(isJson(type) ? "{}" : "");
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
    this.#wakers.clear();
  }

  async #closeServer(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

function isJson(type: string): boolean {
  return type.includes("json");
}

function decode(body: Buffer, type = ""): ExportRequest {
  return isJson(type) ? JSON.parse(body.toString()) : decodeProtobuf(body, exportRequest);
}
