import { describe, expect, it } from "vitest";
import { type Benchmark, measure, median, reached, summarise } from "./benchmark.js";

const asks: Benchmark = {
  name: "asks",
  unit: "asks/s",
  baselineName: "bare queue",
  target: { atLeast: 0.05 },
  run: () => Promise.resolve({ value: 1, baseline: 1 }),
};
const bytes: Benchmark = {
  name: "bytes",
  unit: "B",
  target: { atMost: 1_500 },
  run: () => Promise.resolve({ value: 1 }),
};

describe("the median", () => {
  it("is the middle value, in whatever order they came", () => expect(median([9, 1, 5])).toBe(5));
  it("is halfway between the middle two of an even number", () => expect(median([4, 1, 3, 100])).toBe(3.5));
  it("does not sort numbers as text", () => expect(median([10, 9, 100])).toBe(10));
  it("of nothing is an error", () => expect(() => median([])).toThrow(RangeError));
});

describe("a benchmark", () => {
  it("is measured as often as asked, and the medians make the result", async () => {
    const rounds = [
      { value: 10, baseline: 100 },
      { value: 30, baseline: 50 },
      { value: 20, baseline: 400 },
    ];
    const progress: number[] = [];
    const benchmark = { ...asks, run: () => Promise.resolve(rounds[progress.length] ?? { value: Number.NaN }) };
    const [result] = await measure(benchmark, 3, (done) => progress.push(done));
    expect(result).toEqual({
      name: "asks",
      value: 20,
      unit: "asks/s",
      baseline: 100,
      baselineName: "bare queue",
      ratio: 0.2,
      target: { atLeast: 0.05 },
    });
    expect(progress).toEqual([1, 2, 3]);
  });

  it("has medians also of what the same calls showed besides, which has no target", async () => {
    const waits = [3, 1, 2];
    const run = () => Promise.resolve({ value: 1, baseline: 1, also: { p99: { value: waits.pop()!, baseline: 4 } } });
    const [, p99, ...others] = await measure({ ...asks, also: { p99: "ms" }, run }, 3, () => {});
    expect(p99).toMatchObject({ name: "asks-p99", value: 2, unit: "ms", baseline: 4, ratio: 0.5, target: {} });
    expect(others).toEqual([]);
  });

  it("without a baseline has neither baseline nor ratio", () => {
    expect(summarise(bytes, [{ value: 7 }])).toMatchObject({
      value: 7,
      baseline: null,
      baselineName: null,
      ratio: null,
    });
  });
});

describe("a target", () => {
  it("bounds the ratio where there is a baseline", () => {
    expect(reached(summarise(asks, [{ value: 5, baseline: 100 }]))).toBe(true);
    expect(reached(summarise(asks, [{ value: 4.9, baseline: 100 }]))).toBe(false);
  });

  it("bounds the value where there is none", () => {
    expect(reached(summarise(bytes, [{ value: 1_500 }]))).toBe(true);
    expect(reached(summarise(bytes, [{ value: 1_501 }]))).toBe(false);
  });

  it("is missed by a figure that is no number", () => {
    expect(reached(summarise(asks, [{ value: 0, baseline: 0 }]))).toBe(false);
  });

  it("without bounds is reached by every figure", () => {
    expect(reached(summarise({ ...bytes, target: {} }, [{ value: 1e9 }]))).toBe(true);
  });
});
