import type { ConnectionOptions } from "node:tls";
import { type Clock, ConfigError, type Logger, type Random, type Telemetry } from "@actor-runtime/core";
import { Names } from "./names.js";

/** Options of Node's TLS sockets, for `amqps://` URLs. */
export type RabbitTls = Pick<
  ConnectionOptions,
  "ca" | "cert" | "key" | "passphrase" | "pfx" | "servername" | "rejectUnauthorized" | "minVersion" | "ciphers"
>;

export interface RabbitOptions {
  /**
   * `amqp://user:password@host:port/vhost`, or `amqps://`; several are the nodes of one cluster, tried in turn and again
   * at each reconnect.
   */
  readonly urls: string | readonly string[];
  /** Part of the name of every queue: namespaces of one vhost never meet. 1 to 63 letters, digits, `_` or `-`. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly log: Logger;
  /** How RabbitMQ lists the connections of this process, for example its worker id. Default `actor.<namespace>`. */
  readonly connectionName?: string;
  readonly tls?: RabbitTls;
  /** A frame unconfirmed for so long is `lost`, and its channel closed. Time while the connection is blocked does not count. Default 10 s. */
  readonly confirmTimeoutMs?: number;
  /** A peer silent for two to three times this long is gone. Default 5 s; below that a busy process loses its connection. */
  readonly heartbeatSeconds?: number;
  /** Soft bound of each mailbox queue; a full one refuses. Fixed when the queue is first declared. Default 256 MiB. */
  readonly maxMailboxBytes?: number;
  /** Soft bound of the dead letters of each type. Fixed when the first of the type is sent. Default 256 MiB. */
  readonly maxDeadLetterBytes?: number;
  /** The most time for one attempt to connect. Default 5 s. */
  readonly connectTimeoutMs?: number;
  /** Beyond so many channels a further connection is opened; RabbitMQ allows 2,047. Default 1,000. */
  readonly maxChannelsPerConnection?: number;
}

/** Options, checked and complete. */
export interface Settings {
  readonly urls: readonly URL[];
  readonly names: Names;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly log: Logger;
  readonly connectionName: string;
  readonly tls: RabbitTls;
  readonly confirmTimeoutMs: number;
  readonly heartbeatSeconds: number;
  readonly maxMailboxBytes: number;
  readonly maxDeadLetterBytes: number;
  readonly connectTimeoutMs: number;
  readonly maxChannelsPerConnection: number;
}

const mebibyte = 1024 * 1024;

/** @throws ConfigError that names the option and the fix */
export function settingsOf(options: RabbitOptions): Settings {
  const { clock, random, telemetry, log, namespace } = options;
  return {
    urls: urlsOf(options.urls),
    names: new Names(namespace),
    clock,
    random,
    telemetry,
    log,
    connectionName: options.connectionName ?? `actor.${namespace}`,
    tls: options.tls ?? {},
    confirmTimeoutMs: positive(options, "confirmTimeoutMs", 10_000),
    heartbeatSeconds: positive(options, "heartbeatSeconds", 5),
    maxMailboxBytes: positive(options, "maxMailboxBytes", 256 * mebibyte),
    maxDeadLetterBytes: positive(options, "maxDeadLetterBytes", 256 * mebibyte),
    connectTimeoutMs: positive(options, "connectTimeoutMs", 5_000),
    maxChannelsPerConnection: positive(options, "maxChannelsPerConnection", 1_000),
  };
}

type NumberOption = {
  [Name in keyof RabbitOptions]-?: NonNullable<RabbitOptions[Name]> extends number ? Name : never;
}[keyof RabbitOptions];

function positive(options: RabbitOptions, name: NumberOption, fallback: number): number {
  const value = options[name] ?? fallback;
  if (!Number.isInteger(value) || value < 1) {
    throw new ConfigError(`${name}: expected a whole number of at least 1, got ${value}`);
  }
  return value;
}

function urlsOf(given: string | readonly string[]): readonly URL[] {
  const urls = typeof given === "string" ? [given] : given;
  if (urls.length === 0) throw new ConfigError("urls: give at least one amqp:// or amqps:// URL");
  return urls.map((text, index) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol !== "amqp:" && url?.protocol !== "amqps:") {
      // The text may hold a password, so it is not repeated.
      throw new ConfigError(
        `urls[${index}]: expected amqp://user:password@host:port/vhost or amqps://…, got ${url ? `a ${url.protocol}// URL` : "no URL"}`,
      );
    }
    return url;
  });
}
