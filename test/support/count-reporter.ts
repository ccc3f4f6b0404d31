import type { Reporter, TestModule } from "vitest/node";

/** What a run came to. `failed` includes files and hooks that failed and errors outside any test. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

type FinishedModule = Pick<TestModule, "children" | "errors">;

/** Counts the tests of finished modules; `errorsOutside` are those no module owns. */
export function count(modules: readonly FinishedModule[], errorsOutside: number): Counts {
  const states = modules.flatMap(({ children }) => [...children.allTests()].map((test) => test.result().state));
  const inState = (state: (typeof states)[number]) => states.filter((each) => each === state).length;
  const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  const aroundTests = suites.reduce((sum, suite) => sum + suite.errors().length, errorsOutside);
  return {
    passed: inState("passed"),
    failed: inState("failed") + aroundTests,
    // A pending test never ran, because its hook failed or the run was cut short.
    skipped: inState("skipped") + inState("pending"),
  };
}

/** Ends the output with one line for machines: `tests: 12 passed, 0 failed, 1 skipped`. */
export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const { passed, failed, skipped } = count(modules, errors.length);
    process.stdout.write(`tests: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  }
}
