import { posix } from "node:path";
import type { SourceFile } from "./source-file.js";

/** Import cycles between files, each once, as `a.ts → b.ts → a.ts`. Type imports count: a cycle is hard to read either way. */
export function cycles(files: readonly SourceFile[]): readonly string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const found: string[] = [];

  const follow = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push([...trail.slice(start), path].join(" → "));
    if (start >= 0 || done.has(path)) return;
    for (const next of targets(byPath, path)) follow(next, [...trail, path]);
    done.add(path);
  };
  for (const path of byPath.keys()) follow(path, []);
  return found;
}

function targets(byPath: ReadonlyMap<string, SourceFile>, path: string): readonly string[] {
  return (byPath.get(path)?.imports ?? [])
    .filter((module) => module.startsWith("."))
    .map((module) => posix.join(posix.dirname(path), module).replace(/js$/, "ts"))
    .filter((target) => byPath.has(target));
}
