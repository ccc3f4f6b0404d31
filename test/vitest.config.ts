import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { CountReporter } from "./support/count-reporter.js";

/** Tests that leave nothing behind in their process: one runs many of their files, which saves a third of a second each. */
const tidy = ["packages/*/src/**/*.test.ts", "test/runtime/**/*.test.ts"];
/** They load reflect-metadata, which stays in their process, or want none to be there. */
const metadata = ["packages/{cli,typedi}/src/**/*.test.ts", "packages/runtime/src/definition/**/*.test.ts"];
const others = [...metadata, "examples/*/**/*.test.ts", "test/**/*.test.ts"];
const outside = ["**/node_modules/**", "**/dist/**"];
const root = fileURLToPath(new URL("..", import.meta.url));

function project(name: string, include: readonly string[], exclude: readonly string[], isolate: boolean) {
  return {
    root,
    // Set here and not read from a tsconfig, which would have to include every test file. Metadata feeds constructor injection.
    oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
    test: {
      name,
      include: [...include],
      exclude: [...outside, ...exclude],
      isolate,
      pool: "forks" as const,
      // Upper bounds, for a machine that is busy: nothing waits this long that goes well.
      testTimeout: 30_000,
      hookTimeout: 60_000,
      expect: { poll: { timeout: 20_000 } },
    },
  };
}

export default defineConfig({
  root,
  test: {
    projects: [project("tidy", tidy, metadata, false), project("isolated", others, ["test/runtime/**"], true)],
    // Once for all projects, which would each run one they inherit.
    globalSetup: fileURLToPath(new URL("services/global-setup.ts", import.meta.url)),
    maxWorkers: 2,
    reporters: ["default", new CountReporter()],
  },
});
