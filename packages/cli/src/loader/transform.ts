import { type Options, transformSync } from "@swc/core";
import { syntaxErrorCode } from "./syntax-error-code.js";

/**
 * How decorators are compiled: `legacy` is TypeScript's `experimentalDecorators` with `emitDecoratorMetadata`, which
 * constructor injection needs; `standard` is TC39's.
 */
export type Dialect = "legacy" | "standard";

/**
 * Compiles one TypeScript file to JavaScript with an inline source map. It strips types and never checks them.
 *
 * @throws an error with the code `ACTOR_SYNTAX` and a one-line message, `<file>:<line>: <what is wrong>`
 */
export function transform(source: string, filename: string, dialect: Dialect): string {
  try {
    return transformSync(source, { ...options(filename, dialect), filename }).code;
  } catch (error) {
    throw Object.assign(new SyntaxError(summary(error, filename)), { code: syntaxErrorCode });
  }
}

function options(filename: string, dialect: Dialect): Options {
  return {
    swcrc: false,
    configFile: false,
    sourceMaps: "inline",
    module: { type: filename.endsWith(".cts") ? "commonjs" : "es6" },
    jsc: {
      target: "es2022",
      keepClassNames: true,
      parser: { syntax: "typescript", decorators: true },
      transform:
        dialect === "standard"
          ? { decoratorVersion: "2022-03" }
          : { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
    },
  };
}

/** swc answers with a drawing of the place and a native stack; this keeps the reason and the line. */
function summary(error: unknown, filename: string): string {
  const text = error instanceof Error ? error.message : String(error);
  const reason = /^\s*[x×]\s*(.+)$/mu.exec(text)?.[1] ?? text.split("\n", 1)[0];
  const line = /,-\[.*:(\d+):\d+\]/.exec(text)?.[1];
  return `${filename}${line ? `:${line}` : ""}: ${reason}`;
}
