import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashKey, partitionOf } from "./hash.js";

/** The published vectors: a sender in another language that computes these finds every actor's partition. */
const vectors: readonly (readonly [key: string, hash: number])[] = [
  ["", 0xab3e7c0b],
  ["a", 0x1a80b1b3],
  ["alice", 0xea14d61e],
  ["bob", 0xf958e856],
  ["Account/alice", 0x8a80ec5f],
  ["order 4711", 0x20627227],
  ["ключ", 0x9aa1b562],
  ["東京", 0x50b7e2e7],
  ["🦆", 0xca72b04d],
];

/** The same function written from its definition, over integers of any size. */
function reference(key: string): number {
  const word = 0xffffffffn;
  let hash = 0x811c9dc5n;
  for (const byte of new TextEncoder().encode(key)) hash = ((hash ^ BigInt(byte)) * 0x01000193n) & word;
  hash ^= hash >> 16n;
  hash = (hash * 0x85ebca6bn) & word;
  hash ^= hash >> 13n;
  hash = (hash * 0xc2b2ae35n) & word;
  hash ^= hash >> 16n;
  return Number(hash);
}

describe("the hash of a key", () => {
  it.each(vectors)("of %j is %i in every language", (key, hash) => {
    expect(hashKey(key)).toBe(hash);
    expect(reference(key)).toBe(hash);
  });

  it("agrees with a second implementation for any key", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (key) => {
        expect(hashKey(key)).toBe(reference(key));
      }),
    );
  });

  it("spreads keys that differ in one digit evenly over the partitions", () => {
    const counts = Array.from({ length: 16 }, () => 0);
    for (let i = 0; i < 16_000; i++) counts[partitionOf(`account-${i}`, 16)]! += 1;
    // A fair throw of 16,000 over 16 stays within five standard deviations (31) of 1,000.
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(155);
  });

  it("never leaves the range of partitions", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 4096 }), (key, partitions) => {
        const partition = partitionOf(key, partitions);
        expect(Number.isInteger(partition) && partition >= 0 && partition < partitions).toBe(true);
      }),
    );
  });
});
