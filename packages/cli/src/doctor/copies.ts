import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Check } from "./check.js";

/** A second copy of these is a second world: what is registered in one is unknown to the other. */
const singletons = ["typedi", "reflect-metadata"];

/** Compares what this project's files get with what actor-runtime's own do. */
export function checkCopies(): Check {
  const project = createRequire(join(process.cwd(), "package.json"));
  const ours = createRequire(fileURLToPath(import.meta.resolve("@actor-runtime/typedi")));
  const doubled = singletons.filter((name) => {
    const theirs = locate(project, name);
    return theirs !== undefined && theirs !== locate(ours, name);
  });
  if (doubled.length === 0) {
    return { name: "packages", status: "ok", finding: `one copy of ${singletons.join(" and ")}` };
  }
  return {
    name: "packages",
    status: "warn",
    finding: `this project has a copy of its own of ${doubled.join(" and ")}`,
    fix: "bring the versions together, then: npm dedupe",
  };
}

function locate(from: NodeJS.Require, name: string): string | undefined {
  try {
    return realpathSync(from.resolve(name));
  } catch {
    return undefined;
  }
}
