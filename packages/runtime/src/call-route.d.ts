import { ActorError } from "@actor-runtime/core";
import type { ActorSystem } from "./actor-system.js";
export interface CallRouteOptions {
    /**
     * Whether this request may call this handler; `false` is answered with 403. It runs before the body is read.
     *
     * @example allow: (type, handler, request) => isAdmin(request) || (type === "Account" && handler === "current")
     */
    allow(type: string, handler: string, request: Request): boolean | Promise<boolean>;
}
/**
 * Calls actors over HTTP: `POST …/<Type>/<key>/<handler>` with a JSON array of arguments, in any framework that speaks
 * `Request` and `Response`. The last three parts of the path count, each percent-encoded.
 *
 * - The answer is 200 with the reply as JSON, or 204 for `undefined`. With `?tell` it is 202 as soon as the message is
 *   safe in the mailbox.
 * - `Idempotency-Key`, `Actor-Timeout` (`"2s"` or milliseconds), `traceparent`, `tracestate` and `baggage` go with the call.
 * - A client that disconnects withdraws its call.
 * - A failure is `{ "error": { class, name, code, message, effect, retryable, data } }` with a status by its class: 400 and
 *   404 the call is wrong, 422 the actor refused, 409 deadlock, 413 too large, 503 not now (with `Retry-After` where it is
 *   known), 504 out of time, 500 the handler threw.
 * - A body that is not `application/json` is refused, so that no foreign web page can make a browser call actors.
 *
 * @example app.post("/api/:type/:key/:handler", (c) => route(c.req.raw)) // const route = callRoute(system, { allow })
 */
export declare function callRoute(system: Pick<ActorSystem, "ask" | "tell">, { allow }: CallRouteOptions): (request: Request) => Promise<Response>;
/** A refusal that only HTTP knows. */
export declare class HttpError extends ActorError {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    constructor(status: number, code: string, message: string, headers?: Readonly<Record<string, string>>);
}
/** The answer to a failed call: the error in wire form under the status of its class. Stacks and causes stay inside. */
export declare function failureResponse(error: ActorError): Response;
//# sourceMappingURL=call-route.d.ts.map