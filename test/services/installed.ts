import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const installScript = fileURLToPath(new URL("../../infra/debian/install-services.sh", import.meta.url));

/** A service cannot be had on this machine. The message names it and everything that would help. */
export class MissingServiceError extends Error {
  override readonly name = "MissingServiceError";

  constructor(service: string, why: string) {
    super(
      `The tests need ${service}, and ${why}. One of these helps:\n` +
        "  - install it: apt-get install rabbitmq-server redis-server, or brew install rabbitmq redis\n" +
        "    (as root on Debian and Ubuntu the tests do it by themselves)\n" +
        "  - start a Docker engine; the tests then use infra/compose.yaml\n" +
        "  - point AMQP_URL and REDIS_URL at services that the tests may write to (not those that break a service)",
    );
  }
}

/**
 * Where the server's start script is. On Debian the one in `PATH` insists on a system user and the system's folders, and the
 * package's own stands apart.
 */
export function rabbitmqServer(): Promise<string> {
  return find("RabbitMQ", () => inFolders(["/usr/lib/rabbitmq/bin", ...path()], "rabbitmq-server"));
}

export function redisServer(): Promise<string> {
  return find("Redis", () => inFolders(path(), "redis-server"));
}

/** @throws MissingServiceError when it is not installed and cannot be */
async function find(service: string, look: () => string | undefined): Promise<string> {
  const found = look() ?? (await install(service), look());
  if (found === undefined) throw new MissingServiceError(service, "its package was installed without a server");
  return found;
}

async function install(service: string): Promise<void> {
  if (!existsSync("/usr/bin/apt-get")) throw new MissingServiceError(service, "there is no apt-get to install it with");
  if (process.getuid?.() !== 0) throw new MissingServiceError(service, "only root may install it");
  process.stderr.write(`installing what the tests need: ${installScript}\n`);
  try {
    await promisify(execFile)(installScript);
  } catch (error) {
    throw new MissingServiceError(service, `installing it failed: ${(error as Error).message.trim()}`);
  }
}

function path(): readonly string[] {
  // Ordinary users have no folder of servers in their PATH.
  return [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"];
}

function inFolders(folders: readonly string[], program: string): string | undefined {
  return folders.map((folder) => join(folder, program)).find((file) => existsSync(file));
}
