import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { type Address, errorFromWire, type WireError } from "@actor-runtime/core";
import { RefusedError, UnreachableError, UsageError } from "../exit.js";

export interface WorkerClientOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly timeoutMs: number;
}

interface Outgoing {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** What the worker may need beyond the call's own timeout to say that it ran out. */
const marginMs = 5_000;

/**
 * A worker's ops port, as the command line talks to it. Not `fetch`: that gives up on an answer after five minutes.
 *
 * Every method throws the worker's own error as an instance of its class, or UnreachableError when nobody answers.
 */
export class WorkerClient {
  readonly #options: WorkerClientOptions;

  constructor(options: WorkerClientOptions) {
    this.#options = options;
  }

  /** @returns the reply as JSON text, `undefined` when there is none; a tell never has one */
  async call(
    { type, key }: Address,
    handler: string,
    args: readonly unknown[],
    { tell, idempotencyKey }: { tell: boolean; idempotencyKey: string | undefined },
  ): Promise<string | undefined> {
    const { status, text } = await this.#send({
      method: "POST",
      path: [type, key, handler],
      ...(tell && { query: { tell: "" } }),
      body: args,
      headers: {
        "actor-timeout": String(this.#options.timeoutMs),
        ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
      },
    });
    return status === 200 ? text : undefined;
  }

  async json(method: "GET" | "DELETE", path: readonly string[], query: Record<string, string> = {}): Promise<unknown> {
    return JSON.parse((await this.#send({ method, path, query })).text);
  }

  async #send(outgoing: Outgoing): Promise<Answer> {
    const answer = await this.#exchange(outgoing);
    if (answer.status < 300) return answer;
    const error = errorIn(answer.text);
    if (error?.name === "HttpError") throw new RefusedError(error.message, error.code);
    if (error) throw errorFromWire(error);
    const { url } = this.#options;
    throw new UnreachableError(
      `${url} answered ${answer.status}, but not as a worker does; name one with --url or ACTOR_URL`,
      "unknown",
    );
  }

  #exchange({ method, path, query, body, headers }: Outgoing): Promise<Answer> {
    const { url, token, timeoutMs } = this.#options;
    const target = new URL(`${url.replace(/\/$/, "")}/api/actors${path.map((part) => `/${encode(part)}`).join("")}`);
    for (const [name, value] of Object.entries(query ?? {})) target.searchParams.set(name, value);
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
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
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

/** One part of a path. */
function encode(part: string): string {
  if (part === "." || part === "..") {
    throw new UsageError(`"${part}" cannot stand in a URL: call this actor from a program`);
  }
  return encodeURIComponent(part);
}

function errorIn(text: string): WireError | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: WireError };
    return typeof error?.class === "string" && typeof error.message === "string" ? error : undefined;
  } catch {
    return undefined;
  }
}
