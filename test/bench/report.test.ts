import { expect, it } from "vitest";
import type { Result } from "./benchmark.js";
import { json, table } from "./report.js";

const results: readonly Result[] = [
  {
    name: "embedded-ask",
    value: 240_123.4,
    unit: "asks/s",
    baseline: 4_000_000,
    baselineName: "promise queue",
    ratio: 0.06003,
    target: { atLeast: 0.05 },
  },
  {
    name: "activations",
    value: 1_612.5,
    unit: "B",
    baseline: null,
    baselineName: null,
    ratio: null,
    target: { atMost: 1_500 },
  },
  { name: "tell-wide", value: 12.345, unit: "s", baseline: null, baselineName: null, ratio: null, target: {} },
];

it("people read figures, ratios, targets and verdicts in columns", () => {
  expect(table(results).split("\n")).toEqual([
    "name          value           baseline                          ratio  target",
    "embedded-ask  240,123 asks/s  4,000,000 asks/s (promise queue)  0.06   ≥ 0.05     reached",
    "activations   1,613 B         –                                 –      ≤ 1,500 B  MISSED",
    "tell-wide     12.3 s          –                                 –      –          reported",
  ]);
});

it("machines read the same figures unrounded, and null where there is none", () => {
  expect(JSON.parse(json(results))).toEqual({
    results: [
      {
        name: "embedded-ask",
        value: 240_123.4,
        unit: "asks/s",
        baseline: 4_000_000,
        baselineName: "promise queue",
        ratio: 0.06003,
      },
      { name: "activations", value: 1_612.5, unit: "B", baseline: null, baselineName: null, ratio: null },
      { name: "tell-wide", value: 12.345, unit: "s", baseline: null, baselineName: null, ratio: null },
    ],
  });
});
