import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Acceptance, InboundStream } from "./inbound-stream.js";

/** The accept rule in its own words (delivery.md O1 and O2), number by number. */
class Model {
  readonly applied = new Set<number>();
  readonly known = new Set<number>();
  readonly passed = new Set<number>();
  finished = false;

  accept(n: number, after: number): Acceptance {
    if (this.known.has(n)) return "duplicate";
    if (this.missing(after).length > 0) return "held";
    for (let burnt = after + 1; burnt < n; burnt++) {
      if (this.known.has(burnt)) continue;
      this.known.add(burnt);
      this.applied.add(burnt);
    }
    this.known.add(n);
    this.finished = false;
    return this.passed.has(n) ? "late" : "accepted";
  }

  finish(n: number): void {
    this.apply(n);
    this.finished = true;
  }

  closeHoles(): void {
    for (const n of this.passed) {
      this.known.add(n);
      this.applied.add(n);
    }
    this.passed.clear();
  }

  get settled(): boolean {
    return [...this.known].every((n) => this.applied.has(n));
  }

  apply(n: number): void {
    this.applied.add(n);
    this.known.add(n);
    this.passed.delete(n);
  }

  missing(upTo: number): number[] {
    const missing = [];
    for (let n = 1; n <= upTo; n++) if (!this.known.has(n) && !this.passed.has(n)) missing.push(n);
    return missing;
  }

  /** The owner dies: what was in flight and not applied is forgotten. */
  crash(): void {
    this.known.clear();
    for (const n of this.applied) this.known.add(n);
  }
}

const largest = 24;
const number = fc.integer({ min: 1, max: largest });
const step = fc.oneof(
  // The link is some number below.
  fc
    .tuple(number, fc.nat({ max: largest }))
    .map(([n, back]) => ({ do: "accept" as const, n, after: Math.max(0, n - 1 - back) })),
  number.map((n) => ({ do: "apply" as const, n })),
  number.map((n) => ({ do: "pass" as const, n })),
  number.map((n) => ({ do: "finish" as const, n })),
  fc.constant({ do: "close holes" as const }),
  fc.constant({ do: "crash" as const }),
);
const name = "1767225600000-a1";

/** Runs the steps on stream and model; numbers of the stream are `base` higher. */
function follow(steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[], base: number): void {
  const model = new Model();
  let stream = InboundStream.unknown(name);
  if (base > 0) {
    // An outbox stream: its first number burns all below.
    expect(stream.accept(base, 0)).toBe("accepted");
    stream.apply(base);
  }
  for (const action of steps) {
    switch (action.do) {
      case "accept":
        expect(stream.accept(base + action.n, base + action.after)).toBe(model.accept(action.n, action.after));
        break;
      case "apply":
        // Only what is in flight can be applied.
        if (!model.known.has(action.n)) break;
        stream.apply(base + action.n);
        model.apply(action.n);
        break;
      case "pass":
        expect(numbers(stream.passHoles(base + action.n)).map((n) => n - base)).toEqual(model.missing(action.n));
        for (const n of model.missing(action.n)) model.passed.add(n);
        break;
      case "finish":
        if (!model.known.has(action.n)) break;
        stream.finish(base + action.n);
        model.finish(action.n);
        break;
      case "close holes":
        stream.closeHoles();
        model.closeHoles();
        break;
      case "crash":
        stream = InboundStream.parse(name, stream.row());
        model.crash();
    }
    expect(numbers(stream.holes(base + largest)).map((n) => n - base)).toEqual(model.missing(largest));
    expect(stream.settled).toBe(model.settled);
    expect(stream.finished).toBe(model.finished);
  }
}

function numbers(ranges: readonly (readonly [number, number])[]): number[] {
  return ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
}

describe("O1, O2 and A.8: an inbound stream", () => {
  it("accepts, holds and drops as the rule says, over crashes, passed and closed holes and last words", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => follow(steps, 0)),
      { numRuns: 500 },
    );
  });

  it("does so with the numbers of outbox streams, which begin at a fence in microseconds", () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => follow(steps, 1_767_225_600_000_000)));
  });

  it("reads back every row it writes", () => {
    const row = fc
      .tuple(
        fc.nat({ max: 9 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), fc.boolean())),
        fc.boolean(),
      )
      .map(([mark, parts, fin]) => {
        let text = String(mark);
        let at = mark + 1;
        for (const [gap, length, passed] of parts.slice(0, 16)) {
          // Applied ranges stand before passed holes in a row, so holes lie above them here.
          if (passed) continue;
          text += `,${at + gap}-${at + gap + length - 1}`;
          at += gap + length;
        }
        for (const [gap, length, passed] of parts.slice(0, 16)) {
          if (!passed) continue;
          text += `,~${at + gap}-${at + gap + length - 1}`;
          at += gap + length;
        }
        return fin ? `${text},fin` : text;
      });
    fc.assert(
      fc.property(row, (text) => {
        expect(InboundStream.parse(name, text).row()).toBe(text);
      }),
    );
  });

  it("takes a copy of a number in flight or applied for a duplicate", () => {
    const stream = InboundStream.unknown(name);
    expect(stream.accept(1, 0)).toBe("accepted");
    expect(stream.accept(1, 0)).toBe("duplicate");
    stream.apply(1);
    expect(stream.accept(1, 0)).toBe("duplicate");
  });

  it("holds a number whose confirmed predecessor is missing, and lets it through after that", () => {
    const stream = InboundStream.unknown(name);
    expect(stream.accept(2, 1)).toBe("held");
    expect(stream.row()).toBe("0");
    expect(stream.accept(1, 0)).toBe("accepted");
    expect(stream.accept(2, 1)).toBe("accepted");
  });

  it("writes burnt numbers into the next row, whichever number commits first", () => {
    const stream = InboundStream.unknown(name);
    stream.accept(1, 0);
    stream.apply(1);
    // 2 and 3 were abandoned; 4 is in flight, 5 commits before it.
    stream.accept(4, 1);
    stream.accept(5, 4);
    stream.apply(5);
    expect(stream.row()).toBe("3,5-5");
    expect(InboundStream.parse(name, stream.row()).accept(2, 1)).toBe("duplicate");
  });

  it("runs a late copy of a passed hole once", () => {
    const stream = InboundStream.unknown(name);
    expect(stream.passHoles(2)).toEqual([[1, 2]]);
    expect(stream.accept(3, 2)).toBe("accepted");
    stream.apply(3);
    expect(stream.row()).toBe("0,3-3,~1-2");
    const later = InboundStream.parse(name, stream.row());
    expect(later.accept(1, 0)).toBe("late");
    later.apply(1);
    expect(later.accept(1, 0)).toBe("duplicate");
    expect(later.row()).toBe("1,3-3,~2-2");
  });

  it("counts the oldest of more than 16 passed holes as applied", () => {
    const stream = InboundStream.unknown(name);
    for (let n = 2; n <= 34; n += 2) {
      stream.passHoles(n - 1);
      expect(stream.accept(n, n - 1)).toBe("accepted");
      stream.apply(n);
    }
    expect(stream.row().match(/~/g)).toHaveLength(16);
    expect(stream.accept(1, 0)).toBe("duplicate");
    expect(stream.accept(3, 2)).toBe("late");
  });

  it("takes a late copy for a duplicate once its hole is closed", () => {
    const stream = InboundStream.unknown(name);
    stream.passHoles(2);
    expect(stream.hasPassedHoles).toBe(true);
    stream.closeHoles();
    expect(stream.hasPassedHoles).toBe(false);
    expect(stream.row()).toBe("2");
    expect(stream.accept(2, 0)).toBe("duplicate");
  });

  it("keeps the last word of its sender in the row, unless more comes after it", () => {
    const stream = InboundStream.unknown(name);
    stream.accept(1, 0);
    stream.accept(2, 1);
    stream.finish(2);
    expect(stream.settled).toBe(false);
    stream.apply(1);
    expect(stream.settled).toBe(true);
    expect(stream.row()).toBe("2,fin");
    const later = InboundStream.parse(name, stream.row());
    expect(later.finished).toBe(true);
    expect(later.accept(2, 1)).toBe("duplicate");
    expect(later.finished).toBe(true);
    expect(later.accept(3, 2)).toBe("accepted");
    expect(later.finished).toBe(false);
    expect(later.row()).toBe("2");
  });

  it("knows the age of a client's stream, and that an outbox has none", () => {
    expect(InboundStream.unknown(name).openedAt).toBe(1_767_225_600_000);
    expect(InboundStream.unknown("Account:g1:07").openedAt).toBeUndefined();
  });
});
