import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { actorRuntime } from "actor-runtime/vitest";
import type { Plugin } from "vite";
import { expect, it } from "vitest";

const fixtures = fileURLToPath(new URL("./fixtures/preset/", import.meta.url));
const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));

interface Result {
  readonly fullName: string;
  readonly status: string;
}

/** Runs vitest in a small project as a user would. */
async function results(config: string): Promise<Result[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [vitest, "run", "--config", config, "--reporter", "json", "--pool", "threads"],
    { cwd: fixtures, timeout: 30_000 },
  );
  const report = JSON.parse(stdout) as { testResults: { assertionResults: Result[] }[] };
  return report.testResults.flatMap(({ assertionResults }) => assertionResults);
}

it.each([
  ["legacy", "injects what the constructor asks for, by its metadata"],
  ["standard", "has TC39 decorators"],
])("the vitest preset compiles %s decorators", { timeout: 40_000 }, async (dialect, own) => {
  const ran = await results(`${dialect}.config.ts`);
  expect(ran.map(({ fullName }) => fullName).sort()).toEqual(
    [own, "refuses to seed an unknown field", "seeds and keeps state"].sort(),
  );
  expect(ran.filter(({ status }) => status !== "passed")).toEqual([]);
});

it("the vitest preset leaves packages and other languages alone", () => {
  const preset = actorRuntime() satisfies Plugin;
  expect(preset.transform("@x class A {}", "/app/node_modules/a/index.ts")).toBeUndefined();
  expect(preset.transform("@x class A {}", "/app/src/a.js")).toBeUndefined();
});
