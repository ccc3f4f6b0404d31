import { Redis } from "ioredis";
import { RedisProcess } from "../../services/redis-process.js";

/** A Redis of a test's own, with an operator's connection to it. */
export class RedisServer {
  readonly process: RedisProcess;
  readonly client: Redis;

  private constructor(process: RedisProcess, client: Redis) {
    this.process = process;
    this.client = client;
  }

  /** @param settings names and values of redis.conf */
  static async start(settings: Readonly<Record<string, string | number>> = {}): Promise<RedisServer> {
    // Replicas would otherwise wait 5 s for company.
    const process = await RedisProcess.start({ "repl-diskless-sync-delay": 0, ...settings });
    const client = new Redis(process.url, { protocol: 2, retryStrategy: () => 20 });
    client.on("error", () => {});
    return new RedisServer(process, client);
  }

  get url(): string {
    return this.process.url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  async remove(): Promise<void> {
    this.client.disconnect();
    await this.process.stop();
  }
}
