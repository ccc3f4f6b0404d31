import type { Clock, Logger } from "@actor-runtime/core";
import { ChangeFeed } from "./change-feed.js";
import { redisClient } from "./client.js";
import { Connection } from "./connection.js";
import { LockKeys } from "./keys.js";
import type { LockServer } from "./lock-server.js";
import type { Endpoint, Settings } from "./options.js";
import { RedisLockLeases } from "./redis-lock-leases.js";
import { checkServer, parseInfo, type Server } from "./server.js";
import { StoreClock } from "./store-clock.js";

/** One Redis server of a quorum, which need not be there. */
export class QuorumMember {
  readonly locks: LockServer;
  /** `host:port` */
  readonly name: string;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #changes: ChangeFeed;
  #missing = false;

  constructor(settings: Settings) {
    const [endpoint] = settings.endpoints as readonly [Endpoint];
    const keys = new LockKeys(settings.namespace);
    this.name = `${endpoint.host}:${endpoint.port}`;
    this.#clock = settings.clock;
    this.#connection = Connection.keep(settings, endpoint);
    this.#changes = new ChangeFeed(() => redisClient(settings, () => [endpoint]), keys.changes, settings.log);
    this.locks = new RedisLockLeases(
      this.#connection,
      keys,
      new StoreClock(settings.clock),
      this.#changes,
      settings.clock,
    );
    this.#connection.onLost(() => this.#lost(settings.log));
    this.#connection.onReady(() => this.#ready(settings.log));
  }

  /**
   * What it says about itself.
   *
   * @throws StoreUnavailableError when it does not answer
   * @throws ConfigError when it cannot keep locks
   */
  async check(): Promise<Server> {
    const [info] = await this.#connection.info();
    const server = parseInfo(info!);
    checkServer(server);
    return server;
  }

  /** Its clock minus this machine's, in ms. @throws StoreUnavailableError when it does not answer */
  async clockAheadMs(): Promise<number> {
    const [seconds, micros] = (await this.#connection.call("time")) as [string, string];
    return Number(seconds) * 1_000 + Number(micros) / 1_000 - this.#clock.now();
  }

  /** Resolves once it is connected or has failed to be. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#connection.onReady(resolve);
      this.#connection.onLost(resolve);
    });
  }

  close(): void {
    this.#changes.close();
    this.#connection.close();
  }

  #lost(log: Logger): void {
    if (this.#missing) return;
    this.#missing = true;
    log.warn({ server: this.name }, "a server of the locks is not there; they need a majority of them");
  }

  #ready(log: Logger): void {
    if (!this.#missing) return;
    this.#missing = false;
    log.info({ server: this.name }, "a server of the locks is there again");
  }
}
