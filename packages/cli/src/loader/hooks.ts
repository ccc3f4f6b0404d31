import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Dialect, transform } from "./transform.js";

/** The hooks' contract, the same for `module.registerHooks` (in this thread) and `module.register` (in a thread of its own). */
interface ResolveContext {
  readonly parentURL?: string | undefined;
}
interface Resolved {
  readonly url: string;
  readonly shortCircuit?: boolean;
}
interface Loaded {
  readonly format: string;
  readonly source: string;
  readonly shortCircuit?: boolean;
}

let dialect: Dialect = "legacy";

/** Called by Node with the `data` of `module.register`, and by us where the hooks run in this thread. */
export function initialize(data: { dialect: Dialect }): void {
  dialect = data.dialect;
}

/** Finds `./x.ts` for `./x.js`, and `./x` or `./x/index` with a TypeScript ending, only where no such file exists as written. */
export function resolve<R>(
  specifier: string,
  context: ResolveContext,
  next: (specifier: string, context: ResolveContext) => R,
): R | Resolved {
  if (!/^\.{1,2}(\/|$)/.test(specifier) || !context.parentURL || inPackage(context.parentURL)) {
    return next(specifier, context);
  }
  const written = new URL(specifier, context.parentURL);
  if (written.protocol !== "file:" || isFile(written)) return next(specifier, context);
  for (const alternative of alternatives(specifier)) {
    const url = new URL(alternative, context.parentURL);
    if (isFile(url)) return { url: url.href, shortCircuit: true };
  }
  return next(specifier, context);
}

/** Compiles TypeScript outside `node_modules`; `.cts` is CommonJS, all else are modules. */
export function load<C, R>(url: string, context: C, next: (url: string, context: C) => R): R | Loaded {
  const path = url.split(/[?#]/, 1)[0]!;
  if (!/\.[cm]?ts$/.test(path) || inPackage(path) || !path.startsWith("file:")) return next(url, context);
  const filename = fileURLToPath(path);
  const source = transform(readFileSync(filename, "utf8"), filename, dialect);
  return { format: path.endsWith(".cts") ? "commonjs" : "module", source, shortCircuit: true };
}

function alternatives(specifier: string): string[] {
  const compiled = /^(.*)\.([cm]?)js$/.exec(specifier);
  if (compiled) return [`${compiled[1]}.${compiled[2]}ts`];
  const index = specifier.endsWith("/") ? "index" : "/index";
  return [
    `${specifier}.ts`,
    `${specifier}.mts`,
    `${specifier}${index}.ts`,
    `${specifier}${index}.js`,
    `${specifier}.js`,
  ];
}

function inPackage(url: string): boolean {
  return url.includes("/node_modules/");
}

function isFile(url: URL): boolean {
  return statSync(fileURLToPath(url), { throwIfNoEntry: false })?.isFile() ?? false;
}
