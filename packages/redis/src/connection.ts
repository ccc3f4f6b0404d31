import { ClosedError } from "@actor-runtime/core";
import { Cluster, Command, Redis } from "ioredis";
import { clusterClient, probeClient, redisClient } from "./client.js";
import type { Endpoint, Settings } from "./options.js";
import type { Script } from "./script.js";
import { ScriptCommand } from "./script-command.js";
import { replyCode, storeError } from "./store-error.js";

/**
 * Commands and scripts on one connection to Redis, or on one to each node of a Redis Cluster.
 *
 * Nothing is queued while offline and nothing is sent again after a lost connection: a command that was not answered fails,
 * and whoever sent it decides, because by then its lease may have ended.
 */
export class Connection {
  readonly #client: Redis | Cluster;
  #gathering = false;
  #closed = false;

  private constructor(client: Redis | Cluster) {
    this.#client = client;
    // Every command reports its own failure; without a listener ioredis would print.
    client.on("error", () => {});
  }

  /** To the first of the endpoints that answers as long as it does; then to the next. */
  static open(settings: Settings, endpoints: readonly Endpoint[]): Promise<Connection> {
    return Connection.#opened(redisClient(settings, () => endpoints));
  }

  /** As `open`, but of a server that need not be there yet: until it is, every command fails. */
  static keep(settings: Settings, endpoint: Endpoint): Connection {
    const client = redisClient(settings, () => [endpoint]);
    const connection = new Connection(client);
    // Its failure is an event too, and it is tried again.
    client.connect().catch(() => {});
    return connection;
  }

  static openCluster(settings: Settings): Promise<Connection> {
    return Connection.#opened(clusterClient(settings));
  }

  /** One that is not made again when it is lost. */
  static probe(settings: Settings, endpoint: Endpoint): Promise<Connection> {
    return Connection.#opened(probeClient(settings, endpoint));
  }

  static async #opened(client: Redis | Cluster): Promise<Connection> {
    const connection = new Connection(client);
    // The promise only says that the connection was closed, the event says why.
    let reason: unknown;
    const note = (error: unknown): void => void (reason ??= error);
    client.on("error", note);
    try {
      await client.connect();
    } catch (error) {
      connection.close();
      throw storeError(reason ?? error);
    } finally {
      client.off("error", note);
    }
    return connection;
  }

  /** Runs a script, also one that the server has forgotten. Two scripts under way at once may run in either order. */
  async run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    try {
      return await this.#send(new ScriptCommand("evalsha", script, keys, args));
    } catch (error) {
      if (replyCode(error) !== "NOSCRIPT") throw storeError(error);
    }
    try {
      return await this.#send(new ScriptCommand("eval", script, keys, args));
    } catch (error) {
      throw storeError(error);
    }
  }

  async call(name: string, ...args: string[]): Promise<unknown> {
    try {
      return await this.#send(new Command(name, args, { replyEncoding: "utf8" }));
    } catch (error) {
      throw storeError(error);
    }
  }

  /** What each master says about itself. */
  async info(): Promise<string[]> {
    try {
      return await Promise.all(this.#masters().map((node) => node.info()));
    } catch (error) {
      throw storeError(error);
    }
  }

  get cluster(): boolean {
    return this.#client instanceof Cluster;
  }

  /** Where the servers of a cluster are now, as far as known; none for a single server. */
  get nodes(): readonly Endpoint[] {
    if (this.#client instanceof Redis) return [];
    return this.#client.nodes("all").map(({ options }) => ({ host: options.host!, port: options.port! }));
  }

  /** Connects anew, to the next endpoint where there are several: this one is no master any more. */
  reconnect(): void {
    if (this.#client instanceof Redis) this.#client.disconnect(true);
  }

  /** Calls back whenever a connection was made again. */
  onReady(ready: () => void): void {
    this.#client.on("ready", ready);
    if (this.#client instanceof Cluster) {
      for (const node of this.#client.nodes("master")) node.on("ready", ready);
      this.#client.on("+node", (node: Redis) => node.on("ready", ready));
    }
  }

  /** Calls back whenever the connection is lost. */
  onLost(lost: () => void): void {
    this.#client.on("close", lost);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#client.disconnect();
  }

  #masters(): Redis[] {
    return this.#client instanceof Cluster ? this.#client.nodes("master") : [this.#client];
  }

  #send(command: Command): Promise<unknown> {
    if (this.#closed) return Promise.reject(new ClosedError("the connection to Redis was closed"));
    if (this.#client instanceof Redis) this.#gather(this.#client);
    this.#client.sendCommand(command);
    return command.promise;
  }

  /** What is sent in one moment leaves in one write to the socket: a third of the cost of many small commits. */
  #gather({ stream, status }: Redis): void {
    if (this.#gathering || status !== "ready") return;
    this.#gathering = true;
    stream.cork();
    process.nextTick(() => {
      this.#gathering = false;
      stream.uncork();
    });
  }
}
