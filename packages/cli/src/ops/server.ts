import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError, type Logger } from "@actor-runtime/core";
import type { ActorSystem } from "@actor-runtime/runtime";
import { toRequest, writeResponse } from "./node-http.js";
import { opsRouter, type RouterOptions } from "./router.js";

export interface OpsOptions extends RouterOptions {
  /** 0 takes any free one. */
  readonly port: number;
  readonly log: Logger;
}

/** More connections than this are closed at once. */
const maxConnections = 1_024;
/** How long the last answers may take to be read when the server closes. */
const closeGraceMs = 1_000;

/** The HTTP port for probes, operators and the command line. */
export class OpsServer implements AsyncDisposable {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @throws ConfigError when the address cannot be listened on */
  static async listen(system: ActorSystem, { port, log, ...options }: OpsOptions): Promise<OpsServer> {
    const route = opsRouter(system, options);
    const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
      // The port is about to close: what is sent on this connection then would find it gone.
      if (system.describe().state !== "running") outgoing.shouldKeepAlive = false;
      try {
        const request = toRequest(incoming, outgoing);
        const response = request ? await route(request) : new Response("malformed request", { status: 400 });
        await writeResponse(response, incoming, outgoing);
      } catch (error) {
        if (outgoing.destroyed) return;
        log.error({ err: error, method: incoming.method, path: incoming.url }, "a request to the ops port failed");
        outgoing.writeHead(500, { connection: "close" }).end();
      }
    };
    const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
    server.maxConnections = maxConnections;
    server.listen(port, options.host);
    try {
      await once(server, "listening");
    } catch (error) {
      throw cannotListen(error as NodeJS.ErrnoException, options.host, port);
    }
    return new OpsServer(server);
  }

  /** `http://127.0.0.1:7070`, with the port that was taken. */
  get url(): string {
    const { address, family, port } = this.#server.address() as AddressInfo;
    return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
  }

  /** Lets the last answers go out; idle connections are closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    const grace = setTimeout(() => this.#server.closeAllConnections(), closeGraceMs);
    await closed;
    clearTimeout(grace);
  }
}

function cannotListen({ code, message }: NodeJS.ErrnoException, host: string, port: number): ConfigError {
  if (code === "EADDRINUSE") {
    return new ConfigError(
      `port ${port} on ${host} is taken: stop who has it, or choose another with --port (0 = any free port)`,
    );
  }
  if (code === "EACCES") {
    return new ConfigError(`port ${port} on ${host} is not allowed to this user: choose one above 1023 with --port`);
  }
  return new ConfigError(`--host ${host} --port ${port} cannot be listened on: ${message}`);
}
