import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { tsc } from "../support/tsc.js";

const run = promisify(execFile);
const folder = fileURLToPath(new URL(".", import.meta.url));

/** The compiler's complaints about a project; none is an empty text. */
async function complaints(project: string): Promise<string> {
  try {
    await run(tsc, ["--project", project], { cwd: folder });
    return "";
  } catch (error) {
    return (error as { stdout?: string }).stdout || String(error);
  }
}

// Lines that must not compile carry @ts-expect-error, so what is wrongly accepted fails here too.
it.each([
  ["legacy decorators with metadata", "tsconfig.legacy.json"],
  ["TC39 decorators", "tsconfig.standard.json"],
])(
  "users of %s get the promised types, and an error for what cannot work",
  async (_dialect, project) => {
    expect(await complaints(project)).toBe("");
  },
  60_000,
);
