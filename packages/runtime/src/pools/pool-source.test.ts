import type { Clock, PoolChannel, Pools } from "@actor-runtime/core";
import { expect, it } from "vitest";
import { PoolSource } from "./pool-source.js";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

it("a worker that stops while it begins to consume takes nothing more: it went on until it closed", async () => {
  const clock: Clock = { now: () => 0, monotonic: () => 0, after: () => () => {} };
  const random = { next: () => 0.5, id: () => "a" };
  let begun!: (channel: PoolChannel) => void;
  const pools = { consume: () => new Promise((resolve) => (begun = resolve)) } as unknown as Pools;
  const did: string[] = [];
  const channel = {
    stop: async () => void did.push("stop"),
    adjust: async () => void did.push("adjust"),
  } as unknown as PoolChannel;
  const services = { pools, clock, random, log: silent };
  const source = new PoolSource("pool:Resize", services, { prefetch: 4 }, { deliver: () => {}, lost: () => {} });

  const consuming = source.consume();
  source.adjust({ prefetch: 8 });
  await source.stop();
  begun(channel);
  await consuming;

  expect(did).toEqual(["stop"]);
});
