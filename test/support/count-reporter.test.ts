import { expect, it } from "vitest";
import { count } from "./count-reporter.js";

type Module = Parameters<typeof count>[0][number];

/** A finished module as vitest hands it over; `broken` is the number of errors of the file and of each suite in it. */
function finished(states: readonly string[], broken: { file?: number; suites?: readonly number[] } = {}): Module {
  const errors = (n: number) => () => Array.from({ length: n }, () => new Error("broken"));
  const children = {
    allTests: () => states.map((state) => ({ result: () => ({ state }) })),
    allSuites: () => (broken.suites ?? []).map((n) => ({ errors: errors(n) })),
  };
  return { errors: errors(broken.file ?? 0), children } as unknown as Module;
}

it("adds up the tests of all files by outcome", () => {
  const modules = [finished(["passed", "passed", "failed"]), finished(["skipped", "passed"])];
  expect(count(modules, 0)).toEqual({ passed: 3, failed: 1, skipped: 1 });
});

it("counts a file that cannot be loaded as a failure", () => {
  expect(count([finished([], { file: 1 })], 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

it("counts a failed hook once and the tests it kept from running as skipped", () => {
  expect(count([finished(["pending", "pending"], { suites: [1, 0] })], 0)).toEqual({
    passed: 0,
    failed: 1,
    skipped: 2,
  });
});

it("counts errors that no test owns", () => {
  expect(count([finished(["passed"])], 2)).toEqual({ passed: 1, failed: 2, skipped: 0 });
});
