import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { eventually } from "../../contracts/samples.js";

/** A Redis of one's own, on a free port and in a temporary folder, that can be stopped, restarted and restored. */
export class RedisServer {
  readonly port: number;
  readonly #folder: string;
  readonly #settings: readonly string[];
  #process: ChildProcess | undefined;
  #client: Redis | undefined;

  private constructor(port: number, folder: string, settings: readonly string[]) {
    this.port = port;
    this.#folder = folder;
    this.#settings = settings;
  }

  /** @param settings as on the command line of redis-server, for example `--requirepass`, `secret` */
  static async start(...settings: string[]): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), "actor-runtime-redis-"));
    const server = new RedisServer(await freePort(), folder, settings);
    await server.run();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** An operator's connection. */
  get client(): Redis {
    if (!this.#client) throw new Error("the server does not run");
    return this.#client;
  }

  async run(): Promise<void> {
    const own = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.#folder, "--save", ""];
    // Replicas would otherwise wait 5 s for company.
    const fixed = ["--appendonly", "yes", "--repl-diskless-sync-delay", "0"];
    const child = spawn("redis-server", [...own, ...fixed, ...this.#settings], { stdio: "ignore" });
    this.#process = child;
    const password = this.#settings[this.#settings.indexOf("--requirepass") + 1];
    const options = this.#settings.includes("--requirepass") ? { password: password! } : {};
    const client = new Redis(this.port, "127.0.0.1", { ...options, protocol: 2, retryStrategy: () => 20 });
    client.on("error", () => {});
    this.#client = client;
    await eventually(async () => void (await client.ping()));
  }

  /** SIGKILL, as a crash; what it had written to its file stays. */
  async kill(): Promise<void> {
    this.#client?.disconnect();
    this.#client = undefined;
    const child = this.#process;
    if (!child) return;
    this.#process = undefined;
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }

  /** Stops the process without ending it: connections stay open and nothing answers. */
  freeze(frozen: boolean): void {
    this.#process!.kill(frozen ? "SIGSTOP" : "SIGCONT");
  }

  /** Copies its files; `restore` puts them back in place of newer ones. */
  async backup(): Promise<string> {
    const copy = await mkdtemp(join(tmpdir(), "actor-runtime-redis-backup-"));
    await cp(this.#folder, copy, { recursive: true });
    return copy;
  }

  /** Kills it, replaces its files by older ones, and starts it again. */
  async restore(copy: string): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true });
    await cp(copy, this.#folder, { recursive: true });
    await rm(copy, { recursive: true });
    await this.run();
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
