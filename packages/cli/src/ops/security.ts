import { createHash, timingSafeEqual } from "node:crypto";
import { HttpError } from "@actor-runtime/runtime";

export interface AccessPolicy {
  /** The address the port listens on. */
  readonly host: string;
  readonly token: string | undefined;
}

/** The parts of a request that decide. */
export interface Credentials {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly authorization?: string | undefined;
}

/**
 * Decides who may use `/api`. Where a token is set, whoever has it. Without one, programs of this machine: the port must
 * listen on loopback, and a browser must not be driven by a foreign page, neither by a cross-site request (`Origin`) nor
 * by a name that was re-bound to 127.0.0.1 (`Host`).
 *
 * @returns the refusal, or `undefined` to let it pass
 */
export function refusalOf({ host, token }: AccessPolicy, request: Credentials): HttpError | undefined {
  if (token !== undefined) {
    if (sameSecret(request.authorization, `Bearer ${token}`)) return undefined;
    const message =
      "this worker asks for its token: send Authorization: Bearer <token>, with the CLI --token or ACTOR_TOKEN";
    return new HttpError(401, "UNAUTHORIZED", message, { "www-authenticate": "Bearer" });
  }
  if (!isLoopback(host)) {
    const message = `this worker listens on ${host}, so /api needs a token: start it with --token or ACTOR_TOKEN`;
    return new HttpError(403, "TOKEN_REQUIRED", message);
  }
  if (!isLoopback(hostName(request.host))) {
    return new HttpError(
      403,
      "FOREIGN_HOST",
      "without a token /api answers to localhost only; start the worker with --token",
    );
  }
  if (request.origin !== undefined && request.origin !== `http://${request.host}`) {
    return new HttpError(
      403,
      "FOREIGN_ORIGIN",
      "without a token /api refuses web pages of other origins; start the worker with --token",
    );
  }
  return undefined;
}

/** `localhost`, 127.0.0.0/8 and `::1`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/** The name in a Host header, without port and brackets. */
function hostName(header = ""): string {
  return header
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
}

/** Compares hashes, so that neither content nor length shows in the time it takes. */
function sameSecret(given: string | undefined, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given ?? ""), digest(expected));
}
