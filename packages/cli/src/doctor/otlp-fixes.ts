import type { OtlpTarget } from "./otlp-target.js";

/** What to do about an answer that is not 2xx. */
export function fixOfStatus(status: number, { signal, url, protocol, source }: OtlpTarget): string {
  if (status === 404 || status === 405) {
    const own = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`;
    return source === own
      ? `${own} is used as it is: it usually ends with /v1/${signal}`
      : `${source ?? "OTEL_EXPORTER_OTLP_ENDPOINT"} is a base to which /v1/${signal} is added: leave that out, or use ${own}`;
  }
  if (status === 401 || status === 403) {
    return "give the key that it wants in OTEL_EXPORTER_OTLP_HEADERS, as name=value";
  }
  if (status === 415 || status === 400) {
    return `it may not know ${protocol}: set OTEL_EXPORTER_OTLP_PROTOCOL to ${otherThan(protocol)}`;
  }
  if (status === 429 || status >= 500) return "it has trouble of its own: look at its log";
  return `check that ${url.host} is an OTLP receiver`;
}

/** What to do about one who answers to anything. */
export function fixOfPage({ url, source }: OtlpTarget): string {
  const variable = source ?? "OTEL_EXPORTER_OTLP_ENDPOINT";
  return `${url.host} is no OTLP receiver: name one in ${variable}, its port is 4318 as a rule`;
}

/** @param code of an error of Node's sockets, its HTTP parser or OpenSSL */
export function fixOfError(code: string, { protocol, url, source }: OtlpTarget): string {
  const variable = source ?? "OTEL_EXPORTER_OTLP_ENDPOINT";
  if (code === "ENOENT" || code === "EACCES") return "OTEL_EXPORTER_OTLP_CERTIFICATE must name a PEM file";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `correct the host in ${variable}`;
  if (code === "ETIMEDOUT" || code === "EHOSTUNREACH" || code === "ENETUNREACH") {
    return `look for a firewall on the way to ${url.host}, or correct ${variable}`;
  }
  if (/CERT|SIGNATURE|ALTNAME/.test(code)) {
    return "name the authority of its certificate in OTEL_EXPORTER_OTLP_CERTIFICATE, and its right host name in the URL";
  }
  if (code === "ERR_INVALID_HTTP_TOKEN" || code === "ERR_INVALID_CHAR") {
    return "OTEL_EXPORTER_OTLP_HEADERS must be a list like api-key=value,tenant=value";
  }
  // TLS to a port without it.
  if (code === "EPROTO" || code.startsWith("ERR_SSL")) return `it does not speak TLS: use http:// in ${variable}`;
  if (code.startsWith("HPE_")) {
    return "that is a gRPC port: use the one for HTTP, 4318 as a rule, or set OTEL_EXPORTER_OTLP_PROTOCOL=grpc";
  }
  if (code === "ECONNREFUSED") return `start a receiver there, or correct ${variable}`;
  if (protocol === "grpc") {
    return "it does not speak gRPC: use the port for it, 4317 as a rule, or set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf";
  }
  return url.protocol === "http:"
    ? `it closed the connection: if it wants TLS, use https:// in ${variable}`
    : "it closed the connection: look at its log";
}

function otherThan(protocol: string): string {
  return protocol === "http/json" ? "http/protobuf" : "http/json";
}
