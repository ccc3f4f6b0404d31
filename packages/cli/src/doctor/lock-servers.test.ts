import type { LockServerDescription } from "@actor-runtime/redis";
import { describe, expect, it } from "vitest";
import { lockServerChecks } from "./lock-servers.js";

const here = (name: string, { replid = `id of ${name}`, clockAheadMs = 3 } = {}): LockServerDescription => {
  const memory = { maxMemoryBytes: 1_000, maxMemoryPolicy: "noeviction", aof: true };
  const server = { version: "7.2.4", cluster: false, master: true, replid, ...memory };
  return { name, server, problem: undefined, clockAheadMs };
};
const away = (name: string): LockServerDescription => {
  return { name, server: undefined, problem: "connection refused", clockAheadMs: undefined };
};

describe("doctor on the servers of locks", () => {
  it("finds three independent servers", () => {
    expect(lockServerChecks([here("a:1"), here("b:1"), here("c:1")])).toEqual([
      { name: "locks", status: "ok", finding: "3 independent servers keep the locks, any 2 of them are enough" },
    ]);
  });

  it.each([
    ["one of three", [here("a:1"), here("b:1"), away("c:1")], "warn", "locks can be had, no other may fail"],
    [
      "one of five",
      [away("a:1"), here("b:1"), here("c:1"), here("d:1"), here("e:1")],
      "warn",
      "locks can be had, 1 more may fail",
    ],
    ["two of three", [here("a:1"), away("b:1"), away("c:1")], "fail", "too few are left, so no lock can be had"],
  ])("names each that is away, and what that means: %s", (_, servers, status, words) => {
    const missing = servers.filter(({ problem }) => problem);
    const checks = lockServerChecks(servers);
    expect(checks.map(({ finding }) => finding)).toEqual(
      missing.map(({ name }) => `${name}: connection refused; ${words}`),
    );
    for (const check of checks) {
      expect(check).toMatchObject({ name: "locks", status, fix: expect.stringContaining("ACTOR_LOCK_REDIS_URLS") });
    }
  });

  it("fails where one server is named twice, or beside its replica", () => {
    const twin = here("localhost:1", { replid: "id of a:1" });
    expect(lockServerChecks([here("a:1"), here("b:1"), twin])).toEqual([
      {
        name: "locks",
        status: "fail",
        finding: "a:1 and localhost:1 are one server, or one is the replica of the other",
        fix: "name independent servers in ACTOR_LOCK_REDIS_URLS",
      },
    ]);
  });

  it("warns of clocks that differ", () => {
    const servers = [here("a:1"), here("b:1", { clockAheadMs: -2_000 }), here("c:1")];
    expect(lockServerChecks(servers)).toEqual([
      {
        name: "locks",
        status: "warn",
        finding: expect.stringMatching(/^the clock of [ac]:1 is 2003 ms ahead of that of b:1$/),
        fix: "synchronise the clocks (NTP)",
      },
    ]);
  });
});
