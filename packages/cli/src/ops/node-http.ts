import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";

/** Completes the path to a URL; nobody reads this part. */
const origin = "http://localhost";

/**
 * The same request for `fetch`-shaped handlers. Its signal aborts when the client is gone before it has its answer.
 *
 * @returns `undefined` when its path or method cannot stand in a `Request`
 */
export function toRequest(incoming: IncomingMessage, outgoing: ServerResponse): Request | undefined {
  const gone = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  const headers = new Headers();
  for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
    headers.append(incoming.rawHeaders[at]!, incoming.rawHeaders[at + 1]!);
  }
  const { method = "GET", url = "/" } = incoming;
  if (method === "TRACE" || !URL.canParse(url, origin)) return undefined;
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(new URL(url, origin), {
    method,
    headers,
    signal: gone.signal,
    ...(hasBody && { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>, duplex: "half" as const }),
  });
}

/** Writes a handler's answer. Ends the connection where the request was not read to its end. */
export async function writeResponse(
  response: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  if (outgoing.destroyed) return;
  const headers = Object.fromEntries(response.headers);
  if (!incoming.complete) headers.connection = "close";
  const body = Buffer.from(await response.arrayBuffer());
  outgoing.writeHead(response.status, { ...headers, "content-length": body.byteLength });
  outgoing.end(body);
}
