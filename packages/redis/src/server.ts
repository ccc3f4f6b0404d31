import { ConfigError } from "@actor-runtime/core";

/** What a Redis server says about itself. */
export interface Server {
  /** As Redis counts: Valkey says 7.2.4 or later here. */
  readonly version: string;
  readonly cluster: boolean;
  readonly master: boolean;
  /** Changes whenever the server lost its memory: restart, failover, restored file. */
  readonly replid: string;
  readonly maxMemoryBytes: number;
  readonly maxMemoryPolicy: string;
  /** Every write goes to a file (appendonly). */
  readonly aof: boolean;
}

/** Reads the answer to INFO. */
export function parseInfo(info: string): Server {
  const fields = new Map<string, string>();
  for (const line of info.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  const field = (name: string): string => fields.get(name) ?? "";
  return {
    version: field("redis_version"),
    cluster: field("redis_mode") === "cluster",
    master: field("role") === "master",
    replid: field("master_replid"),
    maxMemoryBytes: Number(field("maxmemory")),
    maxMemoryPolicy: field("maxmemory_policy"),
    aof: field("aof_enabled") === "1",
  };
}

/** Whether a version is at least `major.minor`. */
export function isAtLeast(version: string, major: number, minor: number): boolean {
  const [theirMajor = 0, theirMinor = 0] = version.split(".").map(Number);
  return theirMajor > major || (theirMajor === major && theirMinor >= minor);
}

/** @throws ConfigError when the server cannot keep what it is given, with the fix */
export function checkServer({ version, maxMemoryBytes, maxMemoryPolicy }: Server): void {
  if (!isAtLeast(version, 7, 0)) {
    throw new ConfigError(`Redis ${version} is too old: use Redis 7.0 or later, or Valkey`);
  }
  if (maxMemoryBytes > 0 && maxMemoryPolicy !== "noeviction") {
    throw new ConfigError(
      `Redis drops keys when its memory is full (maxmemory-policy ${maxMemoryPolicy}), and with them actors: set "maxmemory-policy noeviction"`,
    );
  }
}
