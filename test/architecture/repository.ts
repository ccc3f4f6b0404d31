import type { Tree } from "./workspace.js";

/** Path of one machine, or the address of one package mirror: it would work here and nowhere else. */
const leaks = [
  /(?<![\w.])\/(?:work|home|root|Users)\/\w[\w.-]*/,
  /[A-Z]:\\Users\\\w/,
  /\bregistry\.[\w-]+\.(?:org|com|io|dev)\b/,
  /"resolved": "https?:/,
];

/** Names at the top level beside dot-files that are not in `allowed`. */
export function topLevelViolations(tree: Tree, allowed: readonly string[]): readonly string[] {
  const names = new Set([...tree.keys()].map((path) => path.split("/", 1).join()));
  return [...names]
    .filter((name) => !name.startsWith(".") && !allowed.includes(name))
    .map((name) => `${name} is at the top level, where only ${allowed.join(", ")} and dot-files are`);
}

/** Lines that name a machine's path or a registry's host. */
export function leakViolations(tree: Tree): readonly string[] {
  return [...tree].flatMap(([path, text]) =>
    text.split("\n").flatMap((line, index) => {
      const leak = leaks.map((pattern) => pattern.exec(line)?.[0]).find((match) => match !== undefined);
      return leak === undefined ? [] : [`${path}:${index + 1} contains ${leak}`];
    }),
  );
}

/** Compiled files beside their source. Tools that resolve `./x.js` find them first, and then run what the source once was. */
export function compiledViolations(tree: Tree): readonly string[] {
  return [...tree.keys()]
    .filter((path) => path.endsWith(".js") && tree.has(path.replace(/js$/, "ts")))
    .map((path) => `${path} is compiled beside its source: delete it, and build with the package's tsconfig.json`);
}

interface Lockfile {
  readonly packages?: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>;
}

/**
 * Optional packages that package-lock.json leaves out, with which `npm ci` refuses it. npm drops them without a word when a
 * registry does not have the package for another platform.
 */
export function lockfileViolations(tree: Tree): readonly string[] {
  const { packages = {} } = JSON.parse(tree.get("package-lock.json") ?? "{}") as Lockfile;
  const locked = new Set(Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, "")));
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !locked.has(name))
      .map((name) => `package-lock.json lacks ${name}, an optional dependency of ${path}`),
  );
}
