import { ConfigError, type LockLeases, StoreUnavailableError } from "@actor-runtime/core";
import { type RedisServicesOptions, settingsOf } from "./options.js";
import { QuorumLockLeases } from "./quorum-lock-leases.js";
import { QuorumMember } from "./quorum-member.js";
import type { Server } from "./server.js";

export interface QuorumLocksOptions extends Omit<RedisServicesOptions, "urls" | "barrier"> {
  /** An odd number of servers, three or more, that know nothing of each other: no replicas, no Redis Cluster. */
  readonly urls: readonly string[];
  /** A server that does not answer for this long counts as unreachable, in ms. @default 500 */
  readonly commandTimeoutMs?: number;
  /**
   * The longest lease of a lock, in ms. A server that was restarted, or came back empty, takes no part in giving locks for as
   * long: it may have forgotten who holds them. @default 60000
   */
  readonly longestMs?: number;
}

/** What a check of the installation wants to know of one server. */
export interface LockServerDescription {
  /** `host:port` */
  readonly name: string;
  /** What it says about itself; `undefined`: it does not answer. */
  readonly server: Server | undefined;
  /** What is wrong with it, if anything is. */
  readonly problem: string | undefined;
  /** Its clock minus this machine's, in ms. */
  readonly clockAheadMs: number | undefined;
}

/**
 * Locks that do not depend on one server: what a majority of several independent Redis servers says holds.
 *
 * @example
 * const urls = ["redis://a:6379", "redis://b:6379", "redis://c:6379"];
 * const quorum = await QuorumLocks.connect({ urls, namespace: "shop", clock, random, telemetry, log });
 * const session = await quorum.locks.open(id, 10_000);
 * await quorum.close();
 */
export class QuorumLocks {
  readonly locks: LockLeases;
  readonly #members: readonly QuorumMember[];

  private constructor(members: readonly QuorumMember[], locks: LockLeases) {
    this.#members = members;
    this.locks = locks;
  }

  /**
   * Connects to all of them and waits for a majority; those that are not there join later.
   *
   * @throws StoreUnavailableError when no majority answers
   * @throws ConfigError when an option, the credentials or a server's settings are wrong, with the fix
   */
  static async connect(options: QuorumLocksOptions): Promise<QuorumLocks> {
    const { urls, commandTimeoutMs = 500, longestMs = 60_000, ...rest } = options;
    if (urls.length < 3 || urls.length % 2 === 0) {
      throw new ConfigError(`urls: locks need an odd number of servers, three or more, and not ${urls.length}`);
    }
    const settings = urls.map((url) => settingsOf({ ...rest, urls: url, commandTimeoutMs }));
    const addresses = settings.map(({ endpoints: [endpoint] }) => `${endpoint!.host}:${endpoint!.port}`);
    if (new Set(addresses).size < addresses.length) {
      throw new ConfigError("urls: each server must be named once; two names of one server are no majority");
    }
    const members = settings.map((each) => new QuorumMember(each));
    const { clock } = options;
    const locks = new QuorumLockLeases(
      members.map((member) => member.locks),
      { clock, answerMs: commandTimeoutMs, longestMs },
    );
    const quorum = new QuorumLocks(members, locks);
    try {
      await quorum.#checked();
      return quorum;
    } catch (error) {
      quorum.close();
      throw error;
    }
  }

  /** One entry per server, in the order of the URLs. */
  async describe(): Promise<LockServerDescription[]> {
    return Promise.all(
      this.#members.map(async (member) => {
        const { name } = member;
        try {
          const [server, clockAheadMs] = await Promise.all([member.check(), member.clockAheadMs()]);
          return { name, server, problem: problemOf(server), clockAheadMs };
        } catch (error) {
          return { name, server: undefined, problem: (error as Error).message, clockAheadMs: undefined };
        }
      }),
    );
  }

  /** Sessions are not closed. */
  close(): void {
    for (const member of this.#members) member.close();
  }

  async #checked(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.settled()));
    const described = await Promise.allSettled(this.#members.map((member) => member.check()));
    for (const [index, answer] of described.entries()) {
      if (answer.status === "rejected" && !(answer.reason instanceof StoreUnavailableError)) throw answer.reason;
      const problem = answer.status === "fulfilled" ? problemOf(answer.value) : undefined;
      if (problem !== undefined) throw new ConfigError(`urls: ${this.#members[index]!.name} ${problem}`);
    }
    const failures = described.flatMap((answer, index) =>
      answer.status === "rejected" ? [`${this.#members[index]!.name}: ${(answer.reason as Error).message}`] : [],
    );
    if (failures.length > (this.#members.length - 1) / 2) {
      throw new StoreUnavailableError(
        `no majority of the servers of the locks can be reached (${failures.join("; ")})`,
      );
    }
  }
}

function problemOf({ cluster, master }: Server): string | undefined {
  if (cluster) return "belongs to a Redis Cluster: locks need servers that know nothing of each other";
  if (!master) return "is a replica: locks need servers that know nothing of each other";
  return undefined;
}
