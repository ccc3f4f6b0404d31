import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Check, Surroundings } from "./check.js";

interface CompilerOptions {
  readonly experimentalDecorators?: boolean;
  readonly emitDecoratorMetadata?: boolean;
}

/**
 * Compares the nearest tsconfig.json with how files are loaded. The loader does not read it; editors and `tsc` do, and
 * should agree. `extends` is not followed, so what it does not say is no finding.
 */
export function checkTsconfig({ decorators }: Pick<Surroundings, "decorators">): Check {
  const name = "tsconfig";
  const file = nearest(process.cwd());
  if (!file) return { name, status: "ok", finding: "none; the loader needs none" };
  const options = parse(readFileSync(file, "utf8"));
  if (!options) {
    return { name, status: "warn", finding: `${file} cannot be read`, fix: "look for a missing brace or quote" };
  }
  const { experimentalDecorators: legacy, emitDecoratorMetadata: metadata } = options;
  if (decorators === "standard" && legacy === true) {
    return {
      name,
      status: "warn",
      finding: `${file} sets experimentalDecorators`,
      fix: "remove it, or load with --decorators legacy",
    };
  }
  if (decorators === "legacy" && legacy === false) {
    return {
      name,
      status: "warn",
      finding: `${file} has TC39 decorators`,
      fix: "load with --decorators standard, or set experimentalDecorators",
    };
  }
  if (decorators === "legacy" && legacy && !metadata) {
    const fix = "set emitDecoratorMetadata, so that programs built by tsc inject constructor parameters too";
    return { name, status: "warn", finding: `${file} emits no decorator metadata`, fix };
  }
  return { name, status: "ok", finding: file };
}

function nearest(folder: string): string | undefined {
  const file = join(folder, "tsconfig.json");
  if (existsSync(file)) return file;
  const parent = dirname(folder);
  return parent === folder ? undefined : nearest(parent);
}

/** Comments and trailing commas are allowed; strings are matched first, so that `"https://…"` is none of them. */
function parse(text: string): CompilerOptions | undefined {
  const json = text
    .replace(/("(?:[^"\\]|\\.)*")|\/\/.*|\/\*[\s\S]*?\*\//g, (_, string: string | undefined) => string ?? "")
    .replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_, string: string | undefined) => string ?? "");
  try {
    const { compilerOptions = {} } = JSON.parse(json) as { compilerOptions?: CompilerOptions };
    return compilerOptions;
  } catch {
    return undefined;
  }
}
