import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { CountReporter } from "./support/count-reporter.js";

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  // Set here and not read from a tsconfig, which would have to include every test file. Metadata feeds constructor injection.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "examples/*/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    globalSetup: fileURLToPath(new URL("services/global-setup.ts", import.meta.url)),
    pool: "forks",
    maxWorkers: 2,
    // Upper bounds, for a machine that is busy: nothing waits this long that goes well.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    reporters: ["default", new CountReporter()],
  },
});
