import {
  ConfigError,
  type Leases,
  type LockLeases,
  type Membership,
  type Store,
  StoreUnavailableError,
} from "@actor-runtime/core";
import type { Cluster, Redis } from "ioredis";
import { Barrier } from "./barrier.js";
import { ChangeFeed } from "./change-feed.js";
import { clusterClient, redisClient } from "./client.js";
import { Connection } from "./connection.js";
import { Inquiries } from "./inquiries.js";
import { LockKeys, NamespaceKeys } from "./keys.js";
import { NamespaceRecord } from "./namespace-record.js";
import { type Endpoint, type RedisServicesOptions, type Settings, settingsOf } from "./options.js";
import { RedisLeases } from "./redis-leases.js";
import { RedisLockLeases } from "./redis-lock-leases.js";
import { RedisMembership } from "./redis-membership.js";
import { RedisStore } from "./redis-store.js";
import { Rewinds } from "./rewinds.js";
import { checkServer, isAtLeast, parseInfo, type Server } from "./server.js";
import { StoreClock } from "./store-clock.js";

/** What a check of the installation wants to know. */
export interface RedisDescription {
  /** The masters, one of them unless it is a cluster. */
  readonly servers: readonly Server[];
  /** The store's clock minus this machine's, in ms. */
  readonly clockAheadMs: number;
  /** Where workers hear of changes. */
  readonly channel: string;
  /** Why this user may not use it (ACL); `undefined` = it may. */
  readonly channelRefusal: string | undefined;
}

/**
 * The store of a namespace on Redis 7 or Valkey: one server, a master with replicas, or a Redis Cluster.
 *
 * @example
 * const redis = await RedisServices.connect({ urls: "redis://127.0.0.1:6379", namespace: "shop", clock, random, telemetry, log });
 * const { store, leases, locks, membership } = redis;
 * await redis.close();
 */
export class RedisServices {
  readonly store: Store;
  readonly leases: Leases;
  readonly locks: LockLeases;
  readonly membership: Membership;
  readonly #settings: Settings;
  readonly #connections: readonly [main: Connection, commits: Connection];
  /** A message reaches every server of a cluster, and a server's replicas: whoever listens may ask any of them. */
  readonly #nodes: () => readonly Endpoint[];
  readonly #changes: ChangeFeed;

  private constructor(
    settings: Settings,
    endpoints: readonly Endpoint[],
    [main, commits]: readonly [Connection, Connection],
    record: NamespaceRecord,
  ) {
    const { clock, random, telemetry, log, barrier } = settings;
    const keys = new NamespaceKeys(settings.namespace);
    const storeClock = new StoreClock(clock);
    const rewinds = new Rewinds(record, telemetry, log);
    this.#settings = settings;
    this.#connections = [main, commits];
    const path = { connection: commits, barrier: barrier && new Barrier(commits, keys.barrier, barrier) };
    this.store = new RedisStore(path, main, keys, record, rewinds);
    this.leases = new RedisLeases(main, keys, record, rewinds, storeClock, clock, random);
    this.#nodes = () => (main.nodes.length > 0 ? main.nodes : endpoints);
    this.#changes = new ChangeFeed(() => redisClient(settings, this.#nodes), keys.changes, log);
    this.locks = new RedisLockLeases(main, new LockKeys(settings.namespace), storeClock, this.#changes, clock);
    const inquiries = new Inquiries(main, keys, this.#changes, clock, random);
    this.membership = new RedisMembership(main, keys, storeClock, this.#changes, inquiries);
    main.onReady(() => void this.#reconnected(record));
    main.onReady(() => telemetry.count("store.reconnects", 1, { purpose: "reads" }));
    commits.onReady(() => telemetry.count("store.reconnects", 1, { purpose: "commits" }));
  }

  /**
   * Looks for a master, checks that it keeps what it is given, and opens the namespace's record.
   *
   * @throws StoreUnavailableError when no server answers
   * @throws ConfigError when an option, the credentials or the server's settings are wrong, with the fix
   */
  static async connect(options: RedisServicesOptions): Promise<RedisServices> {
    const settings = settingsOf(options);
    const { server, endpoints } = await findMaster(settings);
    const open = () => (server.cluster ? Connection.openCluster(settings) : Connection.open(settings, endpoints));
    const opened = await Promise.allSettled([open(), open()]);
    const connections = opened.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    try {
      const failed = opened.find((one) => one.status === "rejected");
      if (failed) throw failed.reason;
      const [main, commits] = connections as [Connection, Connection];
      const servers = (await main.info()).map(parseInfo);
      check(servers, settings);
      const record = new NamespaceRecord(main, new NamespaceKeys(settings.namespace), settings.random, settings.log);
      await record.open(servers.map(({ replid }) => replid));
      return new RedisServices(settings, endpoints, [main, commits], record);
    } catch (error) {
      for (const connection of connections) connection.close();
      throw error;
    }
  }

  async describe(): Promise<RedisDescription> {
    const [main] = this.#connections;
    const servers = (await main.info()).map(parseInfo);
    const clockAheadMs = (await this.store.time()) - this.#settings.clock.now();
    const { changes: channel } = new NamespaceKeys(this.#settings.namespace);
    return { servers, clockAheadMs, channel, channelRefusal: await this.#refusalOf(channel) };
  }

  /**
   * A client of the same servers, for a library that has commands of its own there, not connected yet. Whoever asked for it
   * connects it, listens to its errors and ends it.
   *
   * @param waits whether its commands wait for the server while it is away, and may block for up to 15 s; otherwise they fail
   * at once
   */
  newClient(waits: boolean): Redis | Cluster {
    const [main] = this.#connections;
    return main.cluster ? clusterClient(this.#settings, waits) : redisClient(this.#settings, this.#nodes, waits);
  }

  /** Commands under way fail; leases are not released. */
  async close(): Promise<void> {
    await this.store.close();
    this.#changes.close();
    for (const connection of this.#connections) connection.close();
  }

  /** Tells nothing, which listeners pass over, and listens for a moment on a connection of its own. */
  async #refusalOf(channel: string): Promise<string | undefined> {
    const [main] = this.#connections;
    const probe = await Connection.probe(this.#settings, this.#nodes()[0]!);
    try {
      await main.call("publish", channel, "");
      await probe.call("subscribe", channel);
      return undefined;
    } catch (error) {
      if (error instanceof ConfigError) return error.message;
      throw error;
    } finally {
      probe.close();
    }
  }

  /** Another server may answer now, or the same one without its last writes (delivery.md A.5, store record). */
  async #reconnected(record: NamespaceRecord): Promise<void> {
    const { log } = this.#settings;
    try {
      const [main, commits] = this.#connections;
      const servers = (await main.info()).map(parseInfo);
      if (servers.some(({ master }) => !master)) {
        for (const connection of [main, commits]) connection.reconnect();
        return;
      }
      await record.open(servers.map(({ replid }) => replid));
    } catch (error) {
      log.warn({ err: error }, "the store could not be checked after connecting anew");
    }
  }
}

/** The first endpoint that is a master or belongs to a cluster, and all of them, beginning there. */
async function findMaster(settings: Settings): Promise<{ server: Server; endpoints: readonly Endpoint[] }> {
  const { endpoints } = settings;
  const failures: string[] = [];
  let cause: unknown;
  for (const [index, endpoint] of endpoints.entries()) {
    const at = `${endpoint.host}:${endpoint.port}`;
    try {
      const probe = await Connection.probe(settings, endpoint);
      const [info] = await probe.info().finally(() => probe.close());
      const server = parseInfo(info!);
      if (server.cluster || server.master) {
        return { server, endpoints: [...endpoints.slice(index), ...endpoints.slice(0, index)] };
      }
      failures.push(`${at} is a replica`);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      failures.push(`${at}: ${error.message}`);
      cause = error;
    }
  }
  throw new StoreUnavailableError(`no Redis master can be reached (${failures.join("; ")})`, { cause });
}

function check(servers: readonly Server[], { barrier, log, db }: Settings): void {
  for (const server of servers) checkServer(server);
  if (servers.some(({ aof }) => !aof)) {
    log.warn({}, 'Redis keeps no file of every write: what a crash of it loses is gone; set "appendonly yes"');
  }
  if (servers.some(({ cluster }) => cluster) && db !== 0) {
    throw new ConfigError("urls: a Redis Cluster has no databases but 0");
  }
  if (!barrier) return;
  if (servers.some(({ cluster }) => cluster)) {
    throw new ConfigError(
      'barrier: not available on a Redis Cluster; set "min-replicas-to-write" on its servers instead',
    );
  }
  if (barrier.fsync !== "none" && servers.some(({ version }) => !isAtLeast(version, 7, 2))) {
    throw new ConfigError(
      'barrier.fsync: needs Redis 7.2 or Valkey; use "none", or "appendfsync always" on the server',
    );
  }
}
