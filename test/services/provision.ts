import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { MissingServiceError } from "./installed.js";
import { RabbitProcess, type RabbitSettings } from "./rabbitmq-process.js";
import { RedisProcess } from "./redis-process.js";

export interface ServiceUrls {
  readonly amqpUrl: string;
  readonly redisUrl: string;
}

export interface Services extends ServiceUrls {
  /** Ends those that were started for this. */
  stop(): Promise<void>;
}

/**
 * The services that are given, and in place of the others private processes, whose programs are installed first where that is
 * possible, else containers.
 *
 * @param rabbit lines of rabbitmq.conf for a private process, on top of the usual ones
 * @throws MissingServiceError when none of these can be had
 */
export async function provision(given: Partial<ServiceUrls>, rabbit: RabbitSettings = {}): Promise<Services> {
  try {
    return await startProcesses(given, rabbit);
  } catch (error) {
    const running = error instanceof MissingServiceError ? await runningContainers() : undefined;
    if (running === undefined) throw error;
    return startContainers(given, running);
  }
}

async function startProcesses(given: Partial<ServiceUrls>, rabbitSettings: RabbitSettings): Promise<Services> {
  const starting = [
    given.amqpUrl === undefined ? RabbitProcess.start(rabbitSettings) : notOurs(given.amqpUrl),
    given.redisUrl === undefined ? RedisProcess.start() : notOurs(given.redisUrl),
  ] as const;
  const outcomes = await Promise.allSettled(starting);
  const stop = async () => {
    await Promise.all(outcomes.map(async (outcome) => outcome.status === "fulfilled" && outcome.value.stop()));
  };
  try {
    const [rabbit, redis] = await Promise.all(starting);
    return { amqpUrl: rabbit.url, redisUrl: redis.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function notOurs(url: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
  return { url, stop: async () => {} };
}

async function startContainers(given: Partial<ServiceUrls>, running: readonly string[]): Promise<Services> {
  const needed = [...(given.amqpUrl ? [] : ["rabbitmq"]), ...(given.redisUrl ? [] : ["redis"])];
  await compose("up", "--detach", "--wait", ...needed);
  const ours = needed.filter((name) => !running.includes(name));
  return {
    amqpUrl: given.amqpUrl ?? "amqp://guest:guest@127.0.0.1:5672",
    redisUrl: given.redisUrl ?? "redis://127.0.0.1:6379",
    stop: async () => {
      if (ours.length > 0) await compose("stop", ...ours);
    },
  };
}

/** Names of the containers that run already, or nothing when no engine answers. */
async function runningContainers(): Promise<readonly string[] | undefined> {
  try {
    return (await compose("ps", "--services", "--status", "running")).split("\n");
  } catch {
    return undefined;
  }
}

async function compose(...args: readonly string[]): Promise<string> {
  const file = fileURLToPath(new URL("../../infra/compose.yaml", import.meta.url));
  return (await promisify(execFile)("docker", ["compose", "--file", file, ...args])).stdout;
}
