import { durationMs } from "@actor-runtime/core";
import type { LimitOptions } from "@actor-runtime/runtime";
import { z } from "zod";
import { traceIdPlace } from "../trace-link.js";

/** One thing that can be set: by its flag, by its environment variable, in the config file, or not at all. */
export interface Setting {
  /** As commander reads it, for example `--port <number>`. */
  readonly flag: string;
  readonly env: string;
  readonly about: string;
  readonly schema: z.ZodType;
  /** What a right value looks like, the end of the message about a wrong one. */
  readonly expects: string;
  /** Whether the flag may be given several times. */
  readonly repeats?: true;
  /** As a user would write it; absent = unset. */
  readonly default?: unknown;
  /** Whether the config file may set it. Default true. */
  readonly inFile?: false;
  /** How it may be shown to anybody. */
  readonly mask?: (value: string) => string;
}

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/);
const nameRule = 'must be 1 to 100 letters, digits, "_", "." or "-", beginning with a letter or digit';
const namespace = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/);
const file = z.string().min(1);
const list = z.union([z.array(z.string()), z.string().transform((text) => text.split(","))]).pipe(z.array(name).min(1));
const flag = z.union([
  z.boolean(),
  z.enum(["true", "1"]).transform(() => true),
  z.enum(["false", "0"]).transform(() => false),
]);
const port = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
  .pipe(z.number().int().min(0).max(65_535));
const duration = z.union([z.number(), z.string()]).transform((value, context) => {
  try {
    return durationMs((/^\d+$/.test(String(value)) ? Number(value) : value) as number, "duration");
  } catch {
    context.addIssue("no duration");
    return z.NEVER;
  }
});
const durationRule = 'must be milliseconds or a duration like "250ms", "25s", "1m"';
const bytes = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d+(KiB|MiB|GiB)?$/)
      .transform(bytesOf),
  ])
  .pipe(z.number().int().min(1));
/** Its fields are checked by whoever applies them. */
const limits = z.union([z.custom<LimitOptions>(isPlainObject), z.string().transform(parsedObject)]);
const url = (...protocols: string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol));
/** Several are separated by commas, which may stand in a password too. */
const urls = (...protocols: string[]) =>
  z
    .union([z.array(z.string()), z.string().transform((text) => text.split(/,(?=[a-z]+:\/\/)/))])
    .pipe(z.array(url(...protocols)).min(1));
/** Databases of one server are one server. */
const serverOf = (text: string) => {
  const at = new URL(text);
  return `${at.hostname.toLowerCase() || "127.0.0.1"}:${at.port || 6379}`;
};
const independent = (servers: readonly string[]) =>
  servers.length >= 3 && servers.length % 2 === 1 && new Set(servers.map(serverOf)).size === servers.length;

/** Every setting: flags, help, environment, config file and `config print` all come from this table. */
export const settings = {
  namespace: {
    flag: "--namespace <name>",
    env: "ACTOR_NAMESPACE",
    about: "keeps the actors of several applications apart on one broker and store",
    schema: namespace,
    expects: 'must be 1 to 63 letters, digits, "_" or "-", beginning with a letter',
    default: "default",
  },
  amqpUrl: {
    flag: "--amqp-url <url>",
    env: "AMQP_URL",
    about: "RabbitMQ, or several nodes of one cluster; without it and --redis-url everything lives in this process",
    schema: urls("amqp:", "amqps:"),
    expects: "must be a URL like amqp://user:password@host:5672/vhost, or several separated by commas",
    repeats: true,
    mask: maskPassword,
  },
  redisUrl: {
    flag: "--redis-url <url>",
    env: "REDIS_URL",
    about: "Redis, or several nodes of one Redis Cluster or of one replicated Redis",
    schema: urls("redis:", "rediss:"),
    expects: "must be a URL like redis://:password@host:6379/0, or several separated by commas",
    repeats: true,
    mask: maskPassword,
  },
  lockRedisUrls: {
    flag: "--lock-redis-urls <urls>",
    env: "ACTOR_LOCK_REDIS_URLS",
    about: "three, five or more independent Redis servers that keep the locks, by majority (default: --redis-url does)",
    schema: urls("redis:", "rediss:").pipe(z.array(z.string()).refine(independent)),
    expects:
      "must be an odd number of URLs like redis://:password@host:6379/0, three or more, separated by commas, each of another server",
    repeats: true,
    mask: maskPassword,
  },
  tlsCa: {
    flag: "--tls-ca <file>",
    env: "ACTOR_TLS_CA",
    about: "certificate authority that amqps:// and rediss:// servers are checked against (PEM; default: Node's own)",
    schema: file,
    expects: "must be a file name",
  },
  tlsCert: {
    flag: "--tls-cert <file>",
    env: "ACTOR_TLS_CERT",
    about: "certificate shown to amqps:// and rediss:// servers (PEM); needs --tls-key",
    schema: file,
    expects: "must be a file name",
  },
  tlsKey: {
    flag: "--tls-key <file>",
    env: "ACTOR_TLS_KEY",
    about: "private key of --tls-cert (PEM)",
    schema: file,
    expects: "must be a file name",
  },
  redisReplicas: {
    flag: "--redis-replicas <number>",
    env: "ACTOR_REDIS_REPLICAS",
    about: "replicas of Redis that must have a commit before it counts (WAIT)",
    schema: z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]).pipe(z.number().int().min(0).max(16)),
    expects: "must be a whole number from 0 to 16",
    default: 0,
  },
  redisFsync: {
    flag: "--redis-fsync <who>",
    env: "ACTOR_REDIS_FSYNC",
    about: "who must have a commit on disk before it counts (WAITAOF, Redis 7.2): none, local or replicas",
    schema: z.enum(["none", "local", "replicas"]),
    expects: "must be none, local or replicas",
    default: "none",
  },
  maxMailboxBytes: {
    flag: "--max-mailbox-bytes <size>",
    env: "ACTOR_MAX_MAILBOX_BYTES",
    about: "soft bound of each partition's queue; beyond it senders get OverloadedError; fixed once the queue exists",
    schema: bytes,
    expects: 'must be a number of bytes, or a size like "64MiB"',
    default: "256MiB",
  },
  confirmTimeout: {
    flag: "--confirm-timeout <duration>",
    env: "ACTOR_CONFIRM_TIMEOUT",
    about: "a publication that RabbitMQ has not confirmed for so long is sent again on a new channel",
    schema: duration,
    expects: durationRule,
    default: "10s",
  },
  lease: {
    flag: "--lease <duration>",
    env: "ACTOR_LEASE",
    about:
      "how long a worker that died keeps its partitions from others; a longer stop of a worker costs it all of them",
    schema: duration.pipe(z.number().min(1_000).max(600_000)),
    expects: 'must be a duration from "1s" to "10m"',
    default: "10s",
  },
  limits: {
    flag: "--limits <json>",
    env: "ACTOR_LIMITS",
    about:
      'what this worker takes on at most, for example {"concurrency":2000,"types":{"Account":{"concurrency":100}}}',
    schema: limits,
    expects: 'must be an object, or its JSON, like {"concurrency":2000}',
  },
  workerId: {
    flag: "--worker-id <name>",
    env: "ACTOR_WORKER_ID",
    about: "name of this worker, unique in its namespace (default: host, process id and a random part)",
    schema: name,
    expects: nameRule,
  },
  weight: {
    flag: "--weight <number>",
    env: "ACTOR_WEIGHT",
    about: "this worker's share of the partitions relative to others: 2 takes twice as many as 1",
    schema: z
      .union([
        z.number(),
        z
          .string()
          .regex(/^\d*\.?\d+$/)
          .transform(Number),
      ])
      .pipe(z.number().gt(0).max(100)),
    expects: "must be a number above 0, at most 100",
    default: 1,
  },
  build: {
    flag: "--build <name>",
    env: "ACTOR_BUILD",
    about:
      "build of the code, for example the commit or image tag; a rolling deploy prefers the newest (default: none)",
    schema: z.string().regex(/^[\x21-\x7e]{0,128}$/),
    expects: "must be up to 128 printable ASCII characters without spaces",
    default: "",
  },
  host: {
    flag: "--host <address>",
    env: "ACTOR_HOST",
    about: "address the ops port listens on; off loopback its /api needs --token",
    schema: z.string().regex(/^[A-Za-z0-9.:_-]+$/),
    expects: "must be a host name or an IP address",
    default: "127.0.0.1",
  },
  port: {
    flag: "--port <number>",
    env: "ACTOR_PORT",
    about: "the ops port; 0 takes any free one",
    schema: port,
    expects: "must be a whole number from 0 to 65535; 0 takes any free port",
    default: 7070,
  },
  token: {
    flag: "--token <secret>",
    env: "ACTOR_TOKEN",
    about: "the bearer token that /api asks for; call, tell and actors send it",
    schema: z.string().regex(/^[\x21-\x7e]{8,}$/),
    expects: "must have at least 8 printable ASCII characters and no space",
    mask: () => "***",
  },
  url: {
    flag: "--url <url>",
    env: "ACTOR_URL",
    about: "the worker to talk to",
    schema: url("http:", "https:"),
    expects: "must be a URL like http://127.0.0.1:7070",
    default: "http://127.0.0.1:7070",
    mask: maskPassword,
  },
  timeout: {
    flag: "--timeout <duration>",
    env: "ACTOR_TIMEOUT",
    about: "how long to wait for the answer",
    schema: duration,
    expects: durationRule,
    default: "30s",
  },
  only: {
    flag: "--only <types>",
    env: "ACTOR_ONLY",
    about: "host only these types, separated by commas",
    schema: list,
    expects: "must be type names separated by commas, for example Account,Bank",
  },
  except: {
    flag: "--except <types>",
    env: "ACTOR_EXCEPT",
    about: "host all types but these, separated by commas",
    schema: list,
    expects: "must be type names separated by commas, for example Account,Bank",
  },
  drainTimeout: {
    flag: "--drain-timeout <duration>",
    env: "ACTOR_DRAIN_TIMEOUT",
    about: "how long running turns may take to finish after SIGTERM",
    schema: duration,
    expects: durationRule,
    default: "25s",
  },
  readyFile: {
    flag: "--ready-file <file>",
    env: "ACTOR_READY_FILE",
    about: "write { pid, url, workerId, transport, types } here once the worker serves",
    schema: file,
    expects: "must be a file name",
  },
  logLevel: {
    flag: "--log-level <level>",
    env: "ACTOR_LOG_LEVEL",
    about: "debug, info, warn, error or silent",
    schema: z.enum(["debug", "info", "warn", "error", "silent"]),
    expects: "must be debug, info, warn, error or silent",
    default: "info",
  },
  logFormat: {
    flag: "--log-format <format>",
    env: "ACTOR_LOG_FORMAT",
    about: "json or pretty (default: pretty on a terminal, json elsewhere)",
    schema: z.enum(["json", "pretty"]),
    expects: "must be json or pretty",
  },
  otel: {
    flag: "--no-otel",
    env: "ACTOR_OTEL",
    about: "no traces, and no metrics but /metrics, whatever the OTEL_ variables say",
    schema: flag,
    expects: "must be true or false",
    default: true,
  },
  traceCorrelation: {
    flag: "--trace-correlation <how>",
    env: "ACTOR_TRACE_CORRELATION",
    about: "parent: a conversation is one trace; link: each turn begins a trace, with a link to its sender",
    schema: z.enum(["parent", "link"]),
    expects: "must be parent or link",
    default: "parent",
  },
  traceKeys: {
    flag: "--trace-keys <how>",
    env: "ACTOR_TRACE_KEYS",
    about: "how spans name an actor's key: plain or hashed",
    schema: z.enum(["plain", "hashed"]),
    expects: "must be plain or hashed",
    default: "plain",
  },
  traceUrl: {
    flag: "--trace-url <template>",
    env: "ACTOR_TRACE_URL",
    about: "print traces as links, for example http://localhost:16686/trace/{traceId} for Jaeger",
    schema: url("http:", "https:").refine((text) => text.includes(traceIdPlace)),
    expects: `must be a URL with ${traceIdPlace} in it, like http://localhost:16686/trace/${traceIdPlace}`,
  },
  trustBaggage: {
    flag: "--trust-baggage",
    env: "ACTOR_TRUST_BAGGAGE",
    about: "let W3C baggage of HTTP calls go with them also where the ops port is off loopback",
    schema: flag,
    expects: "must be true or false",
    default: false,
  },
  watchdog: {
    flag: "--no-watchdog",
    env: "ACTOR_WATCHDOG",
    about: "do not end the process when a turn blocks its event loop for longer than the lease",
    schema: flag,
    expects: "must be true or false",
    default: true,
  },
  checkQueries: {
    flag: "--check-queries",
    env: "ACTOR_CHECK_QUERIES",
    about: "find queries that change state in place; costs time, dev switches it on",
    schema: flag,
    expects: "must be true or false",
    default: false,
  },
  decorators: {
    flag: "--decorators <dialect>",
    env: "ACTOR_DECORATORS",
    about: "legacy (experimentalDecorators with metadata) or standard (TC39)",
    schema: z.enum(["legacy", "standard"]),
    expects: "must be legacy or standard",
    default: "legacy",
    inFile: false,
  },
  config: {
    flag: "-c, --config <file>",
    env: "ACTOR_CONFIG",
    about: "config file (default: actor-runtime.config.ts, .mts, .js, .mjs or .json here, if there is one)",
    schema: file,
    expects: "must be a file name",
    inFile: false,
  },
  envFile: {
    flag: "--env-file <file>",
    env: "ACTOR_ENV_FILE",
    about: "read more environment variables from this file; set ones win",
    schema: file,
    expects: "must be a file name",
    inFile: false,
  },
} as const satisfies Record<string, Setting>;

type Table = typeof settings;
export type SettingName = keyof Table;

/** All settings, validated. What has no value and no default is `undefined`. */
export type Settings = {
  readonly [N in SettingName]:
    | z.output<Table[N]["schema"]>
    | (Table[N] extends { default: unknown } ? never : undefined);
};

/** What a config file may set, as its writer writes it. */
export type FileSettings = {
  [N in SettingName as Table[N] extends { inFile: false } ? never : N]?: z.input<Table[N]["schema"]>;
};

const units = { "": 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

function bytesOf(text: string): number {
  const [, number, unit = ""] = /^(\d+)(\D*)$/.exec(text)!;
  return Number(number) * units[unit as keyof typeof units];
}

function isPlainObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsedObject(text: string, context: z.core.$RefinementCtx<string>): LimitOptions {
  try {
    const value: unknown = JSON.parse(text);
    if (isPlainObject(value)) return value as LimitOptions;
  } catch {
    // Said below.
  }
  context.addIssue("no object");
  return z.NEVER;
}

function maskPassword(text: string): string {
  const masked = new URL(text);
  if (!masked.password) return text;
  masked.password = "***";
  return masked.href;
}
