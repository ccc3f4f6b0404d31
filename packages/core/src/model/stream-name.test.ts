import { describe, expect, it } from "vitest";
import { clientStream, streamOpenedAt } from "./stream-name.js";

describe("A.1: the name of a stream", () => {
  it("of a client says when it was opened", () => {
    expect(clientStream(1_767_225_600_000, "a1b2c3d4e5f60718")).toBe("1767225600000-a1b2c3d4e5f60718");
    expect(streamOpenedAt("1767225600000-a1b2c3d4e5f60718")).toBe(1_767_225_600_000);
  });

  it("of an outbox is its partition, and has no age", () => {
    expect(streamOpenedAt("Account:g1:07")).toBeUndefined();
    expect(streamOpenedAt("$system:g12:103")).toBeUndefined();
  });

  it.each(["", "a", "-1-a", "1e9-a", "1767225600000", "1767225600000-", `1-${"x".repeat(65)}`, "a:b:g1:00", "x:g1:"])(
    "that is neither, %j, is as old as can be",
    (name) => {
      expect(streamOpenedAt(name)).toBe(0);
    },
  );
});
