import { rmSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ConfigError } from "@actor-runtime/core";

/** What tells a supervisor that the worker serves. */
export interface Readiness {
  readonly pid: number;
  readonly url: string;
  readonly workerId: string;
  readonly transport: string;
  readonly types: readonly string[];
}

/**
 * Writes the ready file, whole or not at all, and removes it when the process exits.
 *
 * @throws ConfigError when it cannot be written
 */
export async function writeReadyFile(name: string, readiness: Readiness): Promise<void> {
  const path = resolve(name);
  const draft = `${path}.${process.pid}`;
  try {
    await writeFile(draft, `${JSON.stringify(readiness)}\n`);
    await rename(draft, path);
  } catch (error) {
    throw new ConfigError(`--ready-file ${name} cannot be written: ${(error as Error).message}`);
  }
  process.once("exit", () => rmSync(path, { force: true }));
}
