import type { Check } from "./check.js";

/** Clocks that are kept in time differ by less. */
export const noticeableSkewMs = 1_000;
/** What the runtime allows for when it compares a message's deadline with its own clock. */
const tolerableSkewMs = 5_000;

interface RedisServer {
  readonly version: string;
  readonly maxMemoryBytes: number;
  readonly aof: boolean;
}

/** That a server evicts is found by connecting already. */
export function redisCheck(servers: readonly RedisServer[]): Check {
  const name = "redis";
  const versions = [...new Set(servers.map(({ version }) => version))].join(", ");
  if (servers.some(({ aof }) => !aof)) {
    const finding = `Redis ${versions} keeps no file of every write: a restart loses commits`;
    return { name, status: "warn", finding, fix: 'set "appendonly yes"' };
  }
  if (servers.some(({ maxMemoryBytes }) => maxMemoryBytes === 0)) {
    const finding = `Redis ${versions} has no maxmemory: when the machine's memory is full the kernel ends it`;
    return { name, status: "warn", finding, fix: 'set "maxmemory" below it, with "maxmemory-policy noeviction"' };
  }
  return { name, status: "ok", finding: `Redis ${versions}, append-only file, noeviction` };
}

/** @param aheadMs the clock of Redis minus this machine's */
export function clockCheck(aheadMs: number): Check {
  const name = "clock";
  const skewMs = Math.abs(aheadMs);
  const finding = `the clock of Redis is ${Math.round(skewMs)} ms ${aheadMs < 0 ? "behind" : "ahead of"} this machine's`;
  const fix = "synchronise both clocks (NTP)";
  if (skewMs > tolerableSkewMs) {
    return {
      name,
      status: "fail",
      finding: `${finding}: until a process has heard the time of Redis, its asks end too early or run too late`,
      fix,
    };
  }
  return skewMs > noticeableSkewMs ? { name, status: "warn", finding, fix } : { name, status: "ok", finding };
}

/** @param refusal why this user may not use the channel; `undefined` = it may */
export function channelCheck(channel: string, refusal: string | undefined): Check {
  const name = "channel";
  if (refusal === undefined) return { name, status: "ok", finding: `changes are told and heard on ${channel}` };
  const finding = `changes of other workers are noticed late: ${refusal.split(": correct user")[0]}`;
  const namespace = channel.slice(0, channel.lastIndexOf(":"));
  const fix = `give the user the channel and its commands: ACL SETUSER <user> &${namespace}:* +publish +subscribe`;
  return { name, status: "warn", finding, fix };
}
