import { Console } from "node:console";
import { isConfigured } from "@actor-runtime/otel/configured";
import { type ActorSystem, consoleLog } from "@actor-runtime/runtime";
import { newWorkerId } from "../compose.js";
import type { Settings } from "../config/settings.js";
import { join } from "../connect.js";
import { apiRouter } from "../ops/router.js";
import type { ServiceSettings } from "../services.js";
import { traceIdOf } from "../trace-link.js";
import { type ApiAnswer, type ApiRequest, apiPath, type Transport } from "./transport.js";

/** What decides how a command's calls are traced. */
export type CallTracing = Pick<Settings, "otel" | "traceKeys">;

/** How long the spans of a command may take to leave, before it ends without them. */
const flushMs = 1_000;

/**
 * @param tracing whether calls are traced, where the environment names who takes traces; default: they are not
 * @throws as `connect` does
 */
export async function openDirect(services: ServiceSettings, tracing?: CallTracing): Promise<DirectTransport> {
  if (!tracing?.otel || !isConfigured(process.env)) return new DirectTransport(await join(services));
  const workerId = newWorkerId();
  // stdout belongs to the answer: exporters to the console, and an SDK that is told to talk, have stderr.
  globalThis.console = new Console(process.stderr);
  // Loaded here, because it takes longer than the rest of the command.
  const { startSdk } = await import("@actor-runtime/otel/sdk");
  const sdk = await startSdk({ workerId, logger: consoleLog });
  const { telemetry } = sdk;
  const system = await join(services, { workerId, telemetry, tracing: { keys: tracing.traceKeys } });
  return new DirectTransport(system, () => sdk.shutdown(flushMs));
}

/** To broker and store themselves: the routes of the ops port run here, on a system that hosts nothing. */
export class DirectTransport implements Transport {
  readonly where = "this process";
  readonly #system: ActorSystem;
  readonly #route: (request: Request) => Promise<Response>;
  readonly #flush: (() => Promise<void>) | undefined;

  /**
   * @param system closed with the transport
   * @param flush sends its spans, once it is closed
   */
  constructor(system: ActorSystem, flush?: () => Promise<void>) {
    this.#system = system;
    this.#flush = flush;
    this.#route = apiRouter(system, { baggage: false });
  }

  async send({ method, path, query, body, headers }: ApiRequest): Promise<ApiAnswer> {
    const url = new URL(`http://localhost${apiPath(path)}`);
    for (const [name, value] of query ?? []) url.searchParams.append(name, value);
    const response = await this.#route(
      new Request(url, {
        method,
        headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
    const { status, headers: answered } = response;
    return { status, text: await response.text(), traceId: traceIdOf(answered.get("traceresponse")) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#system.close();
    await this.#flush?.();
  }
}
