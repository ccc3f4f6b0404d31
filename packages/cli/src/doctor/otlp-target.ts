/** What is exported over OTLP. */
export type Signal = "traces" | "metrics";

const protocols = ["http/protobuf", "http/json", "grpc"] as const;
export type Protocol = (typeof protocols)[number];

/** Where an exporter sends, and which variable says so. */
export interface OtlpTarget {
  readonly signal: Signal;
  readonly protocol: Protocol;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** PEM file of the authority that the receiver's certificate is checked against. */
  readonly certificate: string | undefined;
  /** How long to wait for an answer: what the exporter would, and not long enough to bore who asks. */
  readonly timeoutMs: number;
  /** The variable that names the endpoint; `undefined`: the default of OpenTelemetry. */
  readonly source: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the environment as the exporters of OpenTelemetry do: a variable of the signal wins over the one for all signals. Over
 * HTTP the signal's endpoint is taken as it is, and the one for all is a base to which `v1/traces` is added.
 *
 * Source: OpenTelemetry Protocol Exporter, section Configuration Options.
 *
 * @throws RangeError when a variable has no meaning; its message names it and the fix after ": "
 */
export function otlpTarget(signal: Signal, env: Environment): OtlpTarget {
  const upper = signal.toUpperCase();
  const lookup = (name: string): [value: string, source: string] | undefined => {
    const found = [`OTEL_EXPORTER_OTLP_${upper}_${name}`, `OTEL_EXPORTER_OTLP_${name}`].find((each) => env[each]);
    return found === undefined ? undefined : [env[found]!, found];
  };
  const [named = protocols[0], protocolSource] = lookup("PROTOCOL") ?? [];
  const protocol = protocols.find((each) => each === named);
  if (!protocol) {
    throw new RangeError(`${protocolSource} is "${named}": it must be http/protobuf, http/json or grpc`);
  }
  const [endpoint, source] = lookup("ENDPOINT") ?? [protocol === "grpc" ? grpcDefault : httpDefault];
  // gRPC takes a target without scheme too.
  const text = protocol === "grpc" && !endpoint.includes("://") ? `http://${endpoint}` : endpoint;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new RangeError(`${source} is "${withoutSecrets(endpoint)}": it must be a URL like http://127.0.0.1:4318`);
  }
  const url = new URL(text);
  if (protocol !== "grpc" && source !== `OTEL_EXPORTER_OTLP_${upper}_ENDPOINT`) {
    url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/${signal}`;
  }
  const headers = { ...pairs(env.OTEL_EXPORTER_OTLP_HEADERS), ...pairs(env[`OTEL_EXPORTER_OTLP_${upper}_HEADERS`]) };
  const timeoutMs = Math.min(Number(lookup("TIMEOUT")?.[0]) || patienceMs, patienceMs);
  return { signal, protocol, url, headers, certificate: lookup("CERTIFICATE")?.[0], timeoutMs, source };
}

const patienceMs = 3_000;
const httpDefault = "http://localhost:4318";
const grpcDefault = "http://localhost:4317";

/** What is no URL may have a user, a password and a query all the same. */
function withoutSecrets(text: string): string {
  return text.replace(/\/\/.*@/, "//").replace(/\?.*/, "");
}

/** `api-key=secret,tenant=a%20b` */
function pairs(text = ""): Record<string, string> {
  const entries = text.split(",").flatMap((pair) => {
    const equals = pair.indexOf("=");
    return equals < 1 ? [] : [[pair.slice(0, equals).trim(), decode(pair.slice(equals + 1).trim())] as const];
  });
  return Object.fromEntries(entries);
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
