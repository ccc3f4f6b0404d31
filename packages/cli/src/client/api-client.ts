import { type Address, errorFromWire, type WireError } from "@actor-runtime/core";
import { RefusedError, UnreachableError } from "../exit.js";
import type { ApiAnswer, ApiRequest, Transport } from "./transport.js";

export interface ApiCallOptions {
  readonly tell: boolean;
  readonly idempotencyKey: string | undefined;
  readonly traced: (traceId: string) => void;
}

/**
 * `/api` as the command line asks it.
 *
 * Every method throws the error of whoever answers as an instance of its class, or UnreachableError when nobody does.
 */
export class ApiClient implements AsyncDisposable {
  readonly #transport: Transport;
  readonly #timeoutMs: number;

  constructor(transport: Transport, timeoutMs: number) {
    this.#transport = transport;
    this.#timeoutMs = timeoutMs;
  }

  /** How to say who answers. */
  get where(): string {
    return this.#transport.where;
  }

  /**
   * @param options.traced told the id of the trace that the call is part of, if it is traced, also when it fails
   * @returns the reply as JSON text, `undefined` when there is none; a tell never has one
   */
  async call(
    { type, key }: Address,
    handler: string,
    args: readonly unknown[],
    { tell, idempotencyKey, traced }: ApiCallOptions,
  ): Promise<string | undefined> {
    const { status, text } = await this.#send(
      {
        method: "POST",
        path: ["actors", type, key, handler],
        ...(tell && { query: [["tell", ""]] as const }),
        body: args,
        headers: {
          "actor-timeout": String(this.#timeoutMs),
          ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
        },
      },
      traced,
    );
    return status === 200 ? text : undefined;
  }

  async json(
    method: ApiRequest["method"],
    path: readonly string[],
    query: NonNullable<ApiRequest["query"]> = [],
  ): Promise<unknown> {
    return JSON.parse((await this.#send({ method, path, query })).text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }

  async #send(request: ApiRequest, traced?: ApiCallOptions["traced"]): Promise<ApiAnswer> {
    const answer = await this.#transport.send(request);
    if (answer.traceId !== undefined) traced?.(answer.traceId);
    if (answer.status < 300) return answer;
    const error = errorIn(answer.text);
    if (error?.name === "HttpError") throw new RefusedError(error.message, error.code);
    if (error) throw errorFromWire(error);
    throw new UnreachableError(
      `${this.#transport.where} answered ${answer.status}, but not as a worker does; name one with --url or ACTOR_URL`,
      "unknown",
    );
  }
}

function errorIn(text: string): WireError | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: WireError };
    return typeof error?.class === "string" && typeof error.message === "string" ? error : undefined;
  } catch {
    return undefined;
  }
}
