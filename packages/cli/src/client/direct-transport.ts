import type { ActorSystem } from "@actor-runtime/runtime";
import { join } from "../connect.js";
import { apiRouter } from "../ops/router.js";
import type { ServiceSettings } from "../services.js";
import { type ApiAnswer, type ApiRequest, apiPath, type Transport } from "./transport.js";

/** @throws as `connect` does */
export async function openDirect(services: ServiceSettings): Promise<DirectTransport> {
  return new DirectTransport(await join(services));
}

/** To broker and store themselves: the routes of the ops port run here, on a system that hosts nothing. */
export class DirectTransport implements Transport {
  readonly where = "this process";
  readonly #system: ActorSystem;
  readonly #route: (request: Request) => Promise<Response>;

  /** @param system closed with the transport */
  constructor(system: ActorSystem) {
    this.#system = system;
    this.#route = apiRouter(system);
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
    return { status: response.status, text: await response.text() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#system.close();
  }
}
