import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { connect } from "node:http2";
import { request as httpsRequest } from "node:https";
import type { OtlpTarget } from "./otlp-target.js";

/** What an exporter sends when there is nothing: the empty message is zero bytes in protobuf. */
const empty = {
  "http/protobuf": { type: "application/x-protobuf", body: () => "" },
  "http/json": {
    type: "application/json",
    body: (signal: string) => JSON.stringify({ [signal === "traces" ? "resourceSpans" : "resourceMetrics"]: [] }),
  },
} as const;

export interface OtlpAnswer {
  readonly status: number;
  /** It is a web page, as somebody else who listens there answers to anything. */
  readonly isPage: boolean;
}

/** How a receiver answered; `undefined` where HTTP/2, on which gRPC runs, was agreed on. */
export async function probeOtlp(target: OtlpTarget): Promise<OtlpAnswer | undefined> {
  if (target.protocol !== "grpc") return exportNothing(target, empty[target.protocol]);
  await agreeOnHttp2(target);
  return undefined;
}

function exportNothing(
  { url, headers, signal, timeoutMs, ...target }: OtlpTarget,
  { type, body }: { type: string; body: (signal: string) => string },
): Promise<OtlpAnswer> {
  const secure = url.protocol === "https:";
  return new Promise((resolve, reject) => {
    const options = { method: "POST", headers: { ...headers, "content-type": type }, agent: false, ...trust(target) };
    const request = (secure ? httpsRequest : httpRequest)(url, options, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode!, isPage: /^text\/html\b/i.test(answer.headers["content-type"] ?? "") });
    });
    // Not the time-out of its socket, which begins with the connection, and anew with every byte.
    const late = setTimeout(() => request.destroy(silence(timeoutMs)), timeoutMs);
    request.on("close", () => clearTimeout(late));
    request.on("error", reject);
    request.end(body(signal));
  });
}

/** The server's settings are the first thing it says, and nothing else than HTTP/2 says them. */
function agreeOnHttp2({ url, timeoutMs, ...target }: OtlpTarget): Promise<void> {
  return new Promise((resolve, reject) => {
    const session = connect(url.origin, trust(target));
    const late = setTimeout(() => session.destroy(silence(timeoutMs)), timeoutMs);
    session.once("remoteSettings", () => {
      resolve();
      session.close();
    });
    session.once("error", reject);
    session.once("close", () => {
      clearTimeout(late);
      reject(Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" }));
    });
  });
}

function trust({ certificate }: Pick<OtlpTarget, "certificate">): { ca?: Buffer } {
  return certificate === undefined ? {} : { ca: readFileSync(certificate) };
}

function silence(timeoutMs: number): Error {
  return Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: "ETIMEDOUT" });
}
