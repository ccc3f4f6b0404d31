import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { durationMs } from "@actor-runtime/core";

/** The path of a file below `infra/`. */
export function pathOf(name: string): string {
  return fileURLToPath(new URL(`../../infra/${name}`, import.meta.url));
}

export function read(name: string): Promise<string> {
  return readFile(pathOf(name), "utf8");
}

/** Of --drain-timeout, as docs/operations.md has it; a test of the docs compares that with the command line. */
export const drainMs = durationMs("25s", "drainTimeout");
