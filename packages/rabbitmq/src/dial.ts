import { ConfigError, StoreUnavailableError } from "@actor-runtime/core";
import { type ChannelModel, connect, type SocketOptions } from "amqplib";
import { gatherWrites, writeBufferBytes } from "./gather-writes.js";
import type { Settings } from "./options.js";

/** What a connection is for; part of its name in RabbitMQ's lists. */
export type Purpose = "publish" | "consume";

/** An open connection. */
export interface Line {
  readonly model: ChannelModel;
  /** Destroys the socket, whatever state it is in: amqplib only ends it, and a peer that is gone never answers. */
  cut(): void;
}

/**
 * Connects to one server.
 *
 * @param signal gives up the attempt
 * @throws ConfigError when it refuses the credentials, the vhost or the certificate
 * @throws StoreUnavailableError when it cannot be reached
 */
export async function dial(url: URL, purpose: Purpose, settings: Settings, signal: AbortSignal): Promise<Line> {
  const target = new URL(url);
  if (!target.searchParams.has("heartbeat")) {
    target.searchParams.set("heartbeat", String(settings.heartbeatSeconds));
  }
  const socket = new AbortController();
  const cut = () => socket.abort();
  signal.addEventListener("abort", cut, { once: true });
  const options: SocketOptions & { signal: AbortSignal; writableHighWaterMark: number } = {
    ...settings.tls,
    // With Nagle's algorithm a lone call costs 40 ms.
    noDelay: true,
    keepAlive: true,
    timeout: settings.connectTimeoutMs,
    clientProperties: { connection_name: `${settings.connectionName} ${purpose}` },
    signal: socket.signal,
    writableHighWaterMark: writeBufferBytes,
  };
  try {
    const model = await connect(target.href, options);
    gatherWrites(model);
    return { model, cut };
  } catch (error) {
    cut();
    throw connectError(url, error as Error & { code?: string });
  } finally {
    signal.removeEventListener("abort", cut);
  }
}

const unreachableCodes = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"],
  ...["ETIMEDOUT", "EPIPE", "ABORT_ERR"],
]);

function connectError(url: URL, error: Error & { code?: string }): ConfigError | StoreUnavailableError {
  // The URL itself may hold a password.
  const where = `RabbitMQ at ${url.host}`;
  const { code, message } = error;
  if (message.includes("ACCESS-REFUSED")) {
    return new ConfigError(
      `${where} refused user "${decodeURIComponent(url.username || "guest")}": correct user and password in the URL`,
      {
        cause: error,
      },
    );
  }
  // All that amqplib tells of a refused vhost.
  if (message.includes("Expected ConnectionOpenOk; got <ConnectionClose")) {
    return new ConfigError(
      `${where} refused vhost "${decodeURIComponent(url.pathname.slice(1)) || "/"}": create it, and grant the user access to it`,
      { cause: error },
    );
  }
  if (url.protocol === "amqps:" && code !== undefined && !unreachableCodes.has(code)) {
    return new ConfigError(
      `${where}: the TLS connection failed (${code}): check tls.ca, tls.servername, tls.cert and tls.key`,
      {
        cause: error,
      },
    );
  }
  return new StoreUnavailableError(`${where} cannot be reached (${message}): start it, or correct the URL`, {
    cause: error,
  });
}
