import { ConfigError, poolQueue } from "@actor-runtime/core";
import { expect, it } from "vitest";
import { Names } from "./names.js";

it("calls no two queues of pools the same, though types and workers may have dots in their names", () => {
  const names = new Names("shop");
  const all = [
    names.pool(poolQueue("g1")),
    names.pool(poolQueue("g1", "00")),
    names.pool(poolQueue("Resize", "host.example-17")),
    names.pool(poolQueue("Resize.host", "example-17")),
    names.partition({ name: "pool", generation: 1, partitions: 1 }, "pool:g1:00"),
  ];
  expect(all[2]).toBe("actor.shop.pool.Resize@host.example-17");
  expect(new Set(all).size).toBe(all.length);
});

it("says what to shorten when the name of a worker's queue is too long", () => {
  const names = new Names("shop");
  expect(() => names.pool(poolQueue("Resize", "w".repeat(240)))).toThrow(ConfigError);
  expect(() => names.pool(poolQueue("Resize", "w".repeat(240)))).toThrow("use a shorter namespace, type or worker id");
});
