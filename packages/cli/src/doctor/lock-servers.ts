import type { LockServerDescription } from "@actor-runtime/redis";
import type { Check } from "./check.js";
import { noticeableSkewMs } from "./redis.js";

const name = "locks";
const variable = "ACTOR_LOCK_REDIS_URLS";

/**
 * Whether locks can be had, and whether these are independent servers. That one evicts, is a replica, or part of a cluster is
 * found by connecting already.
 */
export function lockServerChecks(servers: readonly LockServerDescription[]): Check[] {
  const majority = Math.floor(servers.length / 2) + 1;
  const findings = [...awayChecks(servers, majority), ...dependentChecks(servers), ...clockChecks(servers)];
  if (findings.length > 0) return findings;
  const finding = `${servers.length} independent servers keep the locks, any ${majority} of them are enough`;
  return [{ name, status: "ok", finding }];
}

function awayChecks(servers: readonly LockServerDescription[], majority: number): Check[] {
  const spare = servers.filter(({ problem }) => problem === undefined).length - majority;
  const rest = spare <= 0 ? "no other may fail" : `${spare} more may fail`;
  const means = spare < 0 ? "too few are left, so no lock can be had" : `locks can be had, ${rest}`;
  return servers.flatMap(({ name: server, problem }): Check[] => {
    if (problem === undefined) return [];
    const fix = `start or mend it, or correct ${variable}, on every worker alike`;
    return [{ name, status: spare < 0 ? "fail" : "warn", finding: `${server}: ${problem}; ${means}`, fix }];
  });
}

function dependentChecks(servers: readonly LockServerDescription[]): Check[] {
  return servers.flatMap(({ name: second, server }, index): Check[] => {
    const first = server && servers.slice(0, index).find((earlier) => earlier.server?.replid === server.replid);
    if (!first) return [];
    const finding = `${first.name} and ${second} are one server, or one is the replica of the other`;
    return [{ name, status: "fail", finding, fix: `name independent servers in ${variable}` }];
  });
}

/** A server's own clock says when its part of a session ends, and how high a fence is. */
function clockChecks(servers: readonly LockServerDescription[]): Check[] {
  const byClock = servers
    .flatMap(({ name: server, clockAheadMs }) => (clockAheadMs === undefined ? [] : { server, clockAheadMs }))
    .toSorted((a, b) => a.clockAheadMs - b.clockAheadMs);
  const [behind, ahead] = [byClock[0], byClock.at(-1)];
  if (!behind || !ahead || ahead.clockAheadMs - behind.clockAheadMs <= noticeableSkewMs) return [];
  const apart = Math.round(ahead.clockAheadMs - behind.clockAheadMs);
  const finding = `the clock of ${ahead.server} is ${apart} ms ahead of that of ${behind.server}`;
  return [{ name, status: "warn", finding, fix: "synchronise the clocks (NTP)" }];
}
