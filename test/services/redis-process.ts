import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, withFreePorts } from "./free-port.js";
import { redisServer } from "./installed.js";
import type { Program } from "./program.js";
import { Sandbox } from "./sandbox.js";

/** The folder that holds an earlier state of a Redis. */
export type Snapshot = string & { readonly snapshot: true };

/** A Redis of the tests' own, on a port of loopback and in a temporary folder. A start takes some 50 ms. */
export class RedisProcess implements AsyncDisposable {
  readonly url: string;
  readonly #port: number;
  readonly #server: string;
  readonly #sandbox: Sandbox;
  readonly #settings: Readonly<Record<string, string | number>>;
  #program!: Program;
  #snapshots = 0;

  private constructor(
    server: string,
    port: number,
    sandbox: Sandbox,
    settings: Readonly<Record<string, string | number>>,
  ) {
    this.url = `redis://127.0.0.1:${port}`;
    this.#port = port;
    this.#server = server;
    this.#sandbox = sandbox;
    this.#settings = settings;
  }

  /**
   * @param settings names and values of redis.conf, for example `{ appendfsync: "always", maxmemory: "8mb" }`. Writes are kept
   * in an append-only file, synced every second, unless they say otherwise.
   * @throws MissingServiceError when Redis is not installed and cannot be
   */
  static start(settings: Readonly<Record<string, string | number>> = {}): Promise<RedisProcess> {
    return withFreePorts(() => RedisProcess.#start(settings));
  }

  static async #start(settings: Readonly<Record<string, string | number>>): Promise<RedisProcess> {
    const redis = new RedisProcess(await redisServer(), await freePort(), await Sandbox.create("redis"), {
      save: "",
      appendonly: "yes",
      appendfsync: "everysec",
      ...settings,
    });
    try {
      await mkdir(redis.#data);
      await redis.#startProgram();
      return redis;
    } catch (error) {
      await redis.stop();
      throw error;
    }
  }

  /** Stops it, or kills it on the spot, and starts it with the data it kept. */
  async restart({ kill }: { readonly kill: boolean }): Promise<void> {
    await this.#program.end(kill ? "SIGKILL" : "SIGTERM");
    await this.#startProgram();
  }

  /** Kills it, so that nobody listens for so long (ms), and starts it with the data it kept. */
  async beAway(ms: number): Promise<void> {
    await this.#program.end("SIGKILL");
    await sleep(ms);
    await this.#startProgram();
  }

  /** A copy of its files as they are now, to go back to. */
  async snapshot(): Promise<Snapshot> {
    const copy = join(this.#sandbox.folder, `snapshot-${++this.#snapshots}`) as Snapshot;
    await cp(this.#data, copy, { recursive: true });
    return copy;
  }

  /** Kills it and starts it with an earlier copy: every write since then is lost. */
  async restore(snapshot: Snapshot): Promise<void> {
    await this.#program.end("SIGKILL");
    await rm(this.#data, { recursive: true });
    await cp(snapshot, this.#data, { recursive: true });
    await this.#startProgram();
  }

  /** From here on it takes no step, and its connections stay open. */
  pause(): void {
    this.#program.signal("SIGSTOP");
  }

  resume(): void {
    this.#program.signal("SIGCONT");
  }

  /** Ends it for good; its data goes too. */
  stop(): Promise<void> {
    return this.#sandbox.remove();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  get #data(): string {
    return join(this.#sandbox.folder, "data");
  }

  async #startProgram(): Promise<void> {
    const settings = { port: this.#port, bind: "127.0.0.1", dir: this.#data, ...this.#settings };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    this.#program = await this.#sandbox.run(this.#server, args);
    // It listens before it has loaded its data, and then answers with an error.
    await this.#program.ready(this.#port, "PING\r\n", "+PONG");
  }
}
