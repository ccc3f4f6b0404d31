import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

// Not by npx, which in a workspace runs in the folder of its package.json whatever folder it is given.
const bin = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");

/** Runs the compiler on the tsconfig.json of a folder; its complaints, line by line, with paths below that folder. */
export async function tsc(folder: string): Promise<string[]> {
  try {
    await promisify(execFile)(process.execPath, [bin, "--project", "tsconfig.json", "--pretty", "false"], {
      cwd: folder,
    });
    return [];
  } catch (error) {
    const { stdout = "", message } = error as { stdout?: string; message: string };
    return (stdout || message).trimEnd().split("\n");
  }
}
