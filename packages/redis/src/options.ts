import type { ConnectionOptions } from "node:tls";
import { type Clock, ConfigError, checkType, type Logger, type Random, type Telemetry } from "@actor-runtime/core";

/** How many copies of a commit must exist before it counts. */
export interface RedisBarrier {
  /** Replicas that must have the commit. */
  readonly replicas: number;
  /** Who must have it on disk: nobody, this server, or this server and the replicas. More than `none` needs Redis 7.2. */
  readonly fsync: "none" | "local" | "replicas";
  /** How long to wait for them, in ms; a commit without them is repeated. */
  readonly timeoutMs: number;
}

export interface RedisServicesOptions {
  /**
   * `redis://` or `rediss://` (TLS), with user, password and database: `rediss://user:secret@host:6379/0`. Several are the
   * seed nodes of a Redis Cluster, or else the servers of one replicated store, tried in turn until one is a master.
   */
  readonly urls: string | readonly string[];
  /** Names all keys; what has another namespace never meets. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly log: Logger;
  /** Certificates and checks for `rediss://`. */
  readonly tls?: ConnectionOptions;
  /** @default none: durability is that of the server's own settings */
  readonly barrier?: RedisBarrier;
  /** A command without an answer for this long is reported as StoreUnavailableError. @default 2500, a quarter of a lease */
  readonly commandTimeoutMs?: number;
  /** @default 2000 */
  readonly connectTimeoutMs?: number;
  /** How the server's CLIENT LIST shows the connections. @default `actor-runtime:<namespace>` */
  readonly connectionName?: string;
}

/** One server's address, without credentials. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** The options with every default in place and the URLs taken apart. */
export interface Settings extends Required<Omit<RedisServicesOptions, "urls" | "tls" | "barrier">> {
  readonly endpoints: readonly Endpoint[];
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number;
  readonly tls: ConnectionOptions | undefined;
  readonly barrier: RedisBarrier | undefined;
}

/** @throws ConfigError naming the option and the fix */
export function settingsOf(options: RedisServicesOptions): Settings {
  const { namespace, tls, barrier, commandTimeoutMs = 2_500 } = options;
  try {
    checkType(namespace);
  } catch (cause) {
    throw new ConfigError(
      `namespace: "${namespace}" must be 1 to 100 letters, digits, "_", "." or "-", beginning with a letter`,
      { cause },
    );
  }
  if (barrier && !(barrier.timeoutMs > 0 && barrier.timeoutMs < commandTimeoutMs)) {
    throw new ConfigError(
      `barrier.timeoutMs: ${barrier.timeoutMs} must be above 0 and below commandTimeoutMs (${commandTimeoutMs})`,
    );
  }
  const urls = [options.urls].flat().map(parseUrl);
  const [first] = urls;
  if (!first) throw new ConfigError("urls: name at least one server, for example redis://127.0.0.1:6379");
  const { endpoint: _endpoint, secure, ...login } = first;
  if (urls.some((url) => url.secure !== secure || url.password !== login.password || url.username !== login.username)) {
    throw new ConfigError("urls: all must have the same scheme and the same credentials");
  }
  if (urls.some(({ db }) => db !== login.db)) throw new ConfigError("urls: all must name the same database");
  return {
    ...options,
    ...login,
    endpoints: urls.map(({ endpoint }) => endpoint),
    tls: secure ? { ...tls } : undefined,
    barrier,
    commandTimeoutMs,
    connectTimeoutMs: options.connectTimeoutMs ?? 2_000,
    connectionName: options.connectionName ?? `actor-runtime:${namespace}`,
  };
}

function parseUrl(text: string) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // The text may hold a password: it is never repeated.
  if (url?.protocol !== "redis:" && url?.protocol !== "rediss:") {
    throw new ConfigError("urls: a Redis URL begins with redis:// or rediss://, for example redis://127.0.0.1:6379");
  }
  const path = url.pathname.slice(1);
  if (!/^\d*$/.test(path)) throw new ConfigError(`urls: "/${path}" must be the number of a database, for example /0`);
  return {
    endpoint: { host: url.hostname.replace(/^\[|\]$/g, "") || "127.0.0.1", port: Number(url.port || 6379) },
    secure: url.protocol === "rediss:",
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    db: Number(path),
  };
}
