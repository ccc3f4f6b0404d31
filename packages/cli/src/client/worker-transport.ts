import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { UnreachableError } from "../exit.js";
import { traceIdOf } from "../trace-link.js";
import { type ApiAnswer, type ApiRequest, apiPath, type Transport } from "./transport.js";

export interface WorkerTransportOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly timeoutMs: number;
}

/** What the worker may need beyond the call's own timeout to say that it ran out. */
const marginMs = 5_000;

/** To a worker's ops port. Not `fetch`: that gives up on an answer after five minutes. */
export class WorkerTransport implements Transport {
  readonly #options: WorkerTransportOptions;

  constructor(options: WorkerTransportOptions) {
    this.#options = options;
  }

  get where(): string {
    return this.#options.url;
  }

  send({ method, path, query, body, headers }: ApiRequest): Promise<ApiAnswer> {
    const { url, token, timeoutMs } = this.#options;
    const target = new URL(`${url.replace(/\/$/, "")}${apiPath(path)}`);
    for (const [name, value] of query ?? []) target.searchParams.append(name, value);
    return new Promise((resolve, reject) => {
      let sent = false;
      const fail = (error: NodeJS.ErrnoException): void => reject(this.#unreachable(error, sent));
      const request = (target.protocol === "https:" ? httpsRequest : httpRequest)(
        target,
        {
          method,
          headers: {
            ...headers,
            ...(body !== undefined && { "content-type": "application/json" }),
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
          },
          signal: AbortSignal.timeout(timeoutMs + marginMs),
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              text: Buffer.concat(chunks).toString(),
              traceId: traceIdOf(response.headers["traceresponse"]?.toString()),
            }),
          );
          response.on("error", fail);
        },
      );
      request.on("finish", () => {
        sent = true;
      });
      request.on("error", fail);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #unreachable({ code, message }: NodeJS.ErrnoException, sent: boolean): UnreachableError {
    const { url } = this.#options;
    if (sent && code !== "ECONNREFUSED") {
      return new UnreachableError(
        `${url} gave no answer (${code ?? message}): the call may have taken effect; repeat it with the same --idempotency-key`,
        "unknown",
      );
    }
    return new UnreachableError(
      `no worker answers at ${url} (${code ?? message}): start one with \`actor-runtime start <files>\`, or name it with --url or ACTOR_URL`,
      "none",
    );
  }
}
