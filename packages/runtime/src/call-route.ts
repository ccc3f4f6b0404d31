import {
  ActorError,
  AskTimeoutError,
  CancelledError,
  ClockSkewError,
  ClosedError,
  ConfigError,
  ConflictError,
  checkType,
  DeadlockError,
  type Duration,
  durationMs,
  errorToWire,
  formatAddress,
  fromWire,
  IdempotencyMismatchError,
  InvalidAddressError,
  InvalidArgumentsError,
  LockLostError,
  LockTimeoutError,
  LostOwnershipError,
  NotSendableError,
  NotStartedError,
  OverloadedError,
  RejectedError,
  StateVersionError,
  StoreUnavailableError,
  TooLargeError,
  type TraceIds,
  TransactionAbortedError,
  TransactionInDoubtError,
  TurnTimeoutError,
  toWire,
  UnknownHandlerError,
  UnknownOutcomeError,
  UnknownTypeError,
  UnsupportedError,
  WorkerLostError,
} from "@actor-runtime/core";
import type { ActorSystem, UntypedCall } from "./actor-system.js";

/** Bound of a request's body; a message itself is bounded lower, at 256 KiB. */
const maxBodyBytes = 1024 * 1024;
const utf8 = new TextDecoder("utf-8", { fatal: true });

export interface CallRouteOptions {
  /**
   * Whether this request may call this handler; `false` is answered with 403. It runs before the body is read.
   *
   * @example allow: (type, handler, request) => isAdmin(request) || (type === "Account" && handler === "current")
   */
  allow: (type: string, handler: string, request: Request) => boolean | Promise<boolean>;
  /**
   * Whether the request's `baggage` goes with the call and with all that it causes. Default `false`: whoever may call could
   * put up to 8 KiB into every message that follows.
   */
  baggage?: boolean;
}

/**
 * Calls actors over HTTP: `POST …/<Type>/<key>/<handler>` with a JSON array of arguments, in any framework that speaks
 * `Request` and `Response`. The last three parts of the path count, each percent-encoded.
 *
 * - The answer is 200 with the reply as JSON, or 204 for `undefined`. With `?tell` it is 202 as soon as the message is
 *   safe in the mailbox.
 * - `Idempotency-Key` and `Actor-Timeout` (`"2s"` or milliseconds) go with the call. With `traceparent` and `tracestate` it
 *   is part of the caller's trace; a call that is traced says so by `traceresponse`, which holds the id of the trace.
 * - A client that disconnects withdraws its call.
 * - A failure is `{ "error": { class, name, code, message, effect, retryable, data } }` with a status by its class: 400 and
 *   404 the call is wrong, 422 the actor refused, 409 deadlock, conflict or a lost lock, 413 too large, 503 not now (with
 *   `Retry-After` where it is known), 504 out of time, 500 the handler threw.
 * - A body that is not `application/json` is refused, so that no foreign web page can make a browser call actors.
 *
 * @example app.post("/api/:type/:key/:handler", (c) => route(c.req.raw)) // const route = callRoute(system, { allow })
 */
export function callRoute(
  system: Pick<ActorSystem, "ask" | "tell">,
  options: CallRouteOptions,
): (request: Request) => Promise<Response> {
  return async (request) => {
    let span: TraceIds | undefined;
    const response = await answerTo(request, system, options, (ids) => {
      span = ids;
    });
    // The header that W3C drafts for it.
    if (span) response.headers.set("traceresponse", `00-${span.trace_id}-${span.span_id}-01`);
    return response;
  };
}

async function answerTo(
  request: Request,
  system: Pick<ActorSystem, "ask" | "tell">,
  { allow, baggage = false }: CallRouteOptions,
  traced: (span: TraceIds) => void,
): Promise<Response> {
  try {
    if (request.method !== "POST") {
      throw new HttpError(405, "METHOD_NOT_ALLOWED", "call a handler with POST", { allow: "POST" });
    }
    const url = new URL(request.url);
    const { type, key, handler } = targetOf(url.pathname);
    if (!(await allow(type, handler, request))) {
      throw new HttpError(403, "FORBIDDEN", `calling ${type}.${handler} is not allowed here`);
    }
    const call: UntypedCall = {
      address: formatAddress(type, key),
      handler,
      args: await readArguments(request),
      signal: request.signal,
      traced,
      ...optionsOf(request.headers),
      ...parentOf(request.headers, baggage),
    };
    if (url.searchParams.has("tell")) {
      await system.tell(call);
      return new Response(null, { status: 202 });
    }
    const reply = await system.ask(call);
    return reply === undefined ? new Response(null, { status: 204 }) : Response.json(toWire(reply, "reply"));
  } catch (error) {
    if (error instanceof ActorError) return failureResponse(error);
    throw error;
  }
}

/** A refusal that only HTTP knows. */
export class HttpError extends ActorError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message, { code, effect: "none", retryable: false });
    this.status = status;
    this.headers = headers;
  }
}

/** The answer to a failed call: the error in wire form under the status of its class. Stacks and causes stay inside. */
export function failureResponse(error: ActorError): Response {
  const { stack: _stack, cause: _cause, ...wire } = errorToWire(error);
  return Response.json({ error: wire }, { status: statusOf(error), headers: headersOf(error) });
}

type ErrorClass = abstract new (...args: never[]) => ActorError;

/** What is not listed is 500. */
const statuses: ReadonlyMap<ErrorClass, number> = new Map<ErrorClass, number>([
  [InvalidAddressError, 400],
  [ConfigError, 400],
  [InvalidArgumentsError, 400],
  [NotSendableError, 400],
  [UnknownTypeError, 404],
  [UnknownHandlerError, 404],
  [ConflictError, 409],
  [DeadlockError, 409],
  [LockLostError, 409],
  [TransactionAbortedError, 409],
  [TooLargeError, 413],
  [RejectedError, 422],
  [IdempotencyMismatchError, 422],
  [CancelledError, 499],
  [UnsupportedError, 501],
  [OverloadedError, 503],
  [ClosedError, 503],
  [StoreUnavailableError, 503],
  [StateVersionError, 503],
  [LostOwnershipError, 503],
  [ClockSkewError, 503],
  [AskTimeoutError, 504],
  [TurnTimeoutError, 504],
  [NotStartedError, 504],
  [LockTimeoutError, 504],
  [UnknownOutcomeError, 504],
  [WorkerLostError, 503],
  [TransactionInDoubtError, 504],
]);

function statusOf(error: ActorError): number {
  if (error instanceof HttpError) return error.status;
  for (const [type, status] of statuses) if (error instanceof type) return status;
  return 500;
}

function headersOf(error: ActorError): Record<string, string> {
  if (error instanceof HttpError) return error.headers;
  if (error instanceof OverloadedError) return { "retry-after": String(Math.ceil(error.retryAfterMs / 1_000)) };
  return {};
}

/** The last three parts of the path; a key may hold an encoded slash. */
function targetOf(path: string): { type: string; key: string; handler: string } {
  const parts = path.split("/").slice(-3);
  const [type = "", key = "", handler = ""] = parts.map(decode);
  if (parts.length < 3 || !handler) throw new InvalidAddressError("the path must end with /<Type>/<key>/<handler>");
  checkType(type);
  return { type, key, handler };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new InvalidAddressError(`the path has "${part}", which is not percent-encoded UTF-8`);
  }
}

/** The context of the caller's trace, as far as it may go with the call. */
function parentOf(headers: Headers, baggage: boolean): Pick<UntypedCall, "parent"> {
  const names = ["traceparent", "tracestate", ...(baggage ? ["baggage"] : [])];
  const given = names.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  // Without any there is no parent: an empty one would say that the caller sampled it out.
  return given.length === 0 ? {} : { parent: Object.fromEntries(given) };
}

function optionsOf(headers: Headers): Pick<UntypedCall, "timeout" | "idempotencyKey"> {
  const timeout = headers.get("actor-timeout");
  const idempotencyKey = headers.get("idempotency-key");
  return {
    ...(timeout === null ? {} : { timeout: timeoutMs(timeout) }),
    ...(idempotencyKey === null ? {} : { idempotencyKey }),
  };
}

function timeoutMs(text: string): number {
  try {
    return durationMs(/^\d+$/.test(text) ? Number(text) : (text as Duration), "Actor-Timeout");
  } catch (error) {
    throw new InvalidArgumentsError((error as Error).message);
  }
}

async function readArguments(request: Request): Promise<unknown[]> {
  const type = request.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new HttpError(415, "UNSUPPORTED_MEDIA_TYPE", "send the arguments with content-type: application/json");
  }
  const bytes = await readBytes(request);
  let body: unknown;
  try {
    body = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    throw new InvalidArgumentsError(`the body is not valid JSON: ${(error as Error).message}`);
  }
  if (!Array.isArray(body)) {
    throw new InvalidArgumentsError("the body must be a JSON array of the arguments, for example [100]");
  }
  return body.map((argument: unknown, index) => {
    try {
      return fromWire(argument);
    } catch (error) {
      throw new InvalidArgumentsError(`args[${index}]: ${(error as Error).message}`);
    }
  });
}

async function readBytes(request: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) throw new TooLargeError(`the body is over ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
