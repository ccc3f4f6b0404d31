import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ranges } from "./ranges.js";

const largest = 30;
const span = fc.tuple(fc.integer({ min: 1, max: largest }), fc.integer({ min: -1, max: 8 }));
/** Starting mark and the ranges added to it; a negative length is an empty range. */
const history = fc.record({ mark: fc.integer({ min: 0, max: 5 }), spans: fc.array(span, { maxLength: 20 }) });

function build({ mark, spans }: { mark: number; spans: [number, number][] }): { ranges: Ranges; model: Set<number> } {
  const ranges = new Ranges(mark);
  const model = new Set<number>();
  for (let n = 1; n <= mark; n++) model.add(n);
  for (const [from, length] of spans) {
    ranges.add(from, from + length);
    for (let n = from; n <= from + length; n++) model.add(n);
  }
  return { ranges, model };
}

describe("Ranges", () => {
  it("equals another one that holds the same numbers, in whatever order they were added", () => {
    fc.assert(
      fc.property(history, history, (given, other) => {
        const { ranges, model } = build(given);
        const reordered = new Ranges();
        for (const n of [...model].sort((a, b) => b - a)) reordered.add(n, n);
        expect(ranges.equals(reordered)).toBe(true);
        const second = build(other);
        const same = model.size === second.model.size && [...model].every((n) => second.model.has(n));
        expect(ranges.equals(second.ranges)).toBe(same);
      }),
    );
  });

  it("holds exactly the numbers added to it", () => {
    fc.assert(
      fc.property(history, (given) => {
        const { ranges, model } = build(given);
        for (let n = 1; n <= largest + 10; n++) expect(ranges.has(n), `has(${n})`).toBe(model.has(n));
      }),
    );
  });

  it("keeps its mark at the last number before the first gap, and its ranges ascending, apart and above the mark", () => {
    fc.assert(
      fc.property(history, (given) => {
        const { ranges, model } = build(given);
        let mark = 0;
        while (model.has(mark + 1)) mark++;
        expect(ranges.mark).toBe(mark);
        let end = mark;
        for (const [from, to] of ranges.above) {
          expect(from).toBeGreaterThan(end + 1);
          expect(to).toBeGreaterThanOrEqual(from);
          end = to;
        }
      }),
    );
  });

  it("lists every missing number of an interval once, in ascending gaps", () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 45 }), (given, from, to) => {
        const { ranges, model } = build(given);
        const missing = ranges.gaps(from, to).flatMap(([first, last]) => {
          expect(last).toBeGreaterThanOrEqual(first);
          return Array.from({ length: last - first + 1 }, (_, index) => first + index);
        });
        const expected = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
        expect(missing).toEqual(expected.filter((n) => !model.has(n)));
      }),
    );
  });

  it("takes numbers of outbox streams, which begin at a fence in microseconds, as one range", () => {
    const fence = 1_767_225_600_000_000;
    const ranges = new Ranges();
    ranges.add(fence, fence + 1);
    expect(ranges.gaps(1, fence + 2)).toEqual([
      [1, fence - 1],
      [fence + 2, fence + 2],
    ]);
    ranges.add(1, fence - 1);
    expect(ranges.mark).toBe(fence + 1);
    expect(ranges.above).toEqual([]);
  });
});
