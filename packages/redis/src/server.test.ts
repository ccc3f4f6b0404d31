import { describe, expect, it } from "vitest";
import { checkServer, isAtLeast, parseInfo } from "./server.js";

const good = parseInfo(
  "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nrole:master\r\nmaxmemory:100\r\nmaxmemory_policy:noeviction\r\n",
);

describe("a server", () => {
  it("is old enough when its version is", () => {
    expect(["6.2.14", "7.0.0", "7.2.4", "8.0.1", "10.1"].map((version) => isAtLeast(version, 7, 2))).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
  });

  it("may drop nothing when it is full", () => {
    expect(() => checkServer(good)).not.toThrow();
    expect(() => checkServer({ ...good, maxMemoryPolicy: "volatile-lru" })).toThrow("noeviction");
    expect(() => checkServer({ ...good, maxMemoryPolicy: "volatile-lru", maxMemoryBytes: 0 })).not.toThrow();
  });

  it("must know scripts with flags", () => {
    expect(() => checkServer({ ...good, version: "6.2.14" })).toThrow("Redis 6.2.14 is too old");
  });
});
