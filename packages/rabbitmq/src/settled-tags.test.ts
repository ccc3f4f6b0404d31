import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SettledTags } from "./settled-tags.js";

function taken(tags: SettledTags): [number, boolean][] {
  const acks: [number, boolean][] = [];
  tags.take((tag, allUpTo) => acks.push([tag, allUpTo]));
  return acks;
}

describe("settled frames", () => {
  it("are acked all at once where they were settled in order", () => {
    const tags = new SettledTags();
    for (const tag of [1, 2, 3]) tags.add(tag);
    expect(tags.pending).toBe(3);
    expect(taken(tags)).toEqual([[3, true]]);
    expect(taken(tags)).toEqual([]);
    expect(tags.pending).toBe(0);
  });

  it("are acked one by one behind one that is still open", () => {
    const tags = new SettledTags();
    for (const tag of [2, 4]) tags.add(tag);
    expect(taken(tags)).toEqual([
      [2, false],
      [4, false],
    ]);
  });

  it("are never acked by a tag that was acked before, for that closes the channel", () => {
    const tags = new SettledTags();
    tags.add(2);
    expect(taken(tags)).toEqual([[2, false]]);
    tags.add(1);
    expect(taken(tags)).toEqual([[1, true]]);
  });

  it("P1: are each acked once, and nothing that is open ever is", () => {
    const step = fc.record({ settle: fc.nat(), flush: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const tags = new SettledTags();
        const open = Array.from({ length: 40 }, (_, n) => n + 1);
        const settled = new Set<number>();
        // What the broker holds to be delivered and unacked.
        const unacked = new Set(open);
        for (const { settle, flush } of steps) {
          const [tag] = open.splice(settle % Math.max(1, open.length), 1);
          if (tag !== undefined) {
            settled.add(tag);
            tags.add(tag);
          }
          if (!flush) continue;
          for (const [acked, allUpTo] of taken(tags)) {
            expect(unacked).toContain(acked);
            for (const one of [...unacked]) {
              if (one !== acked && !(allUpTo && one < acked)) continue;
              expect(settled).toContain(one);
              unacked.delete(one);
            }
          }
          expect([...unacked].filter((one) => settled.has(one))).toEqual([]);
        }
      }),
    );
  });
});
