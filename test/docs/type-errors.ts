import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { tsc } from "../support/tsc.js";

/** Type-checks the tsconfig.json of a folder: the compiler's complaints, line by line, with paths below that folder. */
export async function typeErrors(folder: string): Promise<string[]> {
  try {
    await promisify(execFile)(tsc, ["--project", "tsconfig.json", "--pretty", "false"], { cwd: folder });
    return [];
  } catch (error) {
    const { stdout = "", message } = error as { stdout?: string; message: string };
    return (stdout || message).trimEnd().split("\n");
  }
}
