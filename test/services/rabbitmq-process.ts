import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { freePort, withFreePorts } from "./free-port.js";
import { rabbitmqServer } from "./installed.js";
import type { Program } from "./program.js";
import { Sandbox } from "./sandbox.js";

/** Lines of rabbitmq.conf by name. */
export type RabbitSettings = Readonly<Record<string, string | number>>;

/**
 * A RabbitMQ node of the tests' own, on a port of loopback and in a temporary folder, with nothing in common with other nodes of
 * the machine. It needs no particular user. A start takes about 5 s.
 */
export class RabbitProcess implements AsyncDisposable {
  readonly url: string;
  readonly #port: number;
  readonly #server: string;
  readonly #sandbox: Sandbox;
  readonly #env: Readonly<Record<string, string>>;
  #node!: Program;

  private constructor(server: string, port: number, sandbox: Sandbox, env: Readonly<Record<string, string>>) {
    this.url = `amqp://guest:guest@127.0.0.1:${port}`;
    this.#port = port;
    this.#server = server;
    this.#sandbox = sandbox;
    this.#env = env;
  }

  /**
   * @param settings lines of rabbitmq.conf on top of the usual ones
   * @throws MissingServiceError when RabbitMQ is not installed and cannot be
   */
  static start(settings: RabbitSettings = {}): Promise<RabbitProcess> {
    return withFreePorts(() => RabbitProcess.#start(settings));
  }

  static async #start(settings: RabbitSettings): Promise<RabbitProcess> {
    const server = await rabbitmqServer();
    const [port, namesPort, clusterPort] = [await freePort(), await freePort(), await freePort()];
    const sandbox = await Sandbox.create("rabbitmq");
    try {
      const env = await prepare(sandbox.folder, { port, namesPort, clusterPort }, settings);
      // The node would start this one by itself, but in the background, where nobody ends it.
      await sandbox.run("epmd", ["-address", "127.0.0.1", "-port", String(namesPort)]);
      const rabbit = new RabbitProcess(server, port, sandbox, env);
      await rabbit.#startNode();
      return rabbit;
    } catch (error) {
      await sandbox.remove();
      throw error;
    }
  }

  /** Stops the node, or kills it on the spot, and starts it with the data it kept. */
  async restart({ kill }: { readonly kill: boolean }): Promise<void> {
    await this.#node.end(kill ? "SIGKILL" : "SIGTERM");
    await this.#startNode();
  }

  /** From here on it takes no step, and its connections stay open. */
  pause(): void {
    this.#node.signal("SIGSTOP");
  }

  resume(): void {
    this.#node.signal("SIGCONT");
  }

  /** What `rabbitmqctl` prints. It takes a second or two. */
  async ctl(...args: readonly string[]): Promise<string> {
    const run = promisify(execFile)(join(dirname(this.#server), "rabbitmqctl"), ["--quiet", ...args], {
      env: { PATH: process.env.PATH, LANG: "C.UTF-8", ...this.#env },
    });
    return (await run).stdout;
  }

  /** Ends it for good; its data goes too. */
  stop(): Promise<void> {
    return this.#sandbox.remove();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #startNode(): Promise<void> {
    this.#node = await this.#sandbox.run(this.#server, [], this.#env);
    // The greeting every client begins with; the answer is the first frame of a connection's opening.
    await this.#node.ready(this.#port, "AMQP\0\0\u0009\u0001", "\u0001\0\0");
  }
}

interface NodePorts {
  readonly port: number;
  /** Where Erlang nodes look each other up. */
  readonly namesPort: number;
  /** Where `rabbitmqctl` reaches the node. */
  readonly clusterPort: number;
}

/** Writes the configuration; returns the environment in which the server and its tools find it. */
async function prepare(
  folder: string,
  { port, namesPort, clusterPort }: NodePorts,
  settings: RabbitSettings,
): Promise<Readonly<Record<string, string>>> {
  const lines = {
    "listeners.tcp.1": `127.0.0.1:${port}`,
    heartbeat: 5,
    // By default a node keeps up to half a gigabyte of what it wrote last in memory.
    "raft.wal_max_size_bytes": 16 * 1024 * 1024,
    "log.file": "false",
    "log.console": "true",
    "log.console.level": "warning",
    ...settings,
  };
  const config = join(folder, "rabbitmq.conf");
  const plugins = join(folder, "enabled_plugins");
  const data = join(folder, "data");
  await writeFile(
    config,
    Object.entries(lines)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(""),
  );
  await writeFile(plugins, "[].\n");
  await mkdir(data);
  return {
    HOME: folder,
    RABBITMQ_NODENAME: "actors@localhost",
    RABBITMQ_DIST_PORT: String(clusterPort),
    ERL_EPMD_PORT: String(namesPort),
    RABBITMQ_MNESIA_BASE: data,
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_CONFIG_FILE: config,
    RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
    // The machine's own settings are not for this node.
    RABBITMQ_CONF_ENV_FILE: join(folder, "no-environment"),
    // The script becomes the node, instead of a shell that waits for it and passes no SIGKILL on.
    RUNNING_UNDER_SYSTEMD: "true",
    // Idle schedulers must not spin: the tests need the cores. Without a listed interface it would take cluster connections from anywhere.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "+S 2:2 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}",
  };
}
