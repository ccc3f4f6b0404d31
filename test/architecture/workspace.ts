import { parseSource, type SourceFile } from "./source-file.js";

/** The repository as text: path from the root, with `/`, to content. Pure, so that the rules can be tried on made-up trees. */
export type Tree = ReadonlyMap<string, string>;

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly type?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A folder with a package.json and its TypeScript files. */
export interface Workspace {
  /** Path from the root: `packages/core`, `examples/bank`, `test`. */
  readonly dir: string;
  readonly name: string;
  readonly manifest: Manifest;
  readonly files: readonly SourceFile[];
}

/** The workspaces of a tree in the order of their paths. */
export function workspacesOf(tree: Tree): readonly Workspace[] {
  return [...tree.keys()]
    .flatMap((path) => /^((?:packages|examples)\/[^/]+|test)\/package\.json$/.exec(path)?.[1] ?? [])
    .toSorted()
    .map((dir) => {
      const manifest = manifestAt(tree, `${dir}/package.json`);
      return { dir, name: manifest.name ?? dir, manifest, files: sourcesUnder(tree, dir) };
    });
}

/** @throws SyntaxError when the file is there and is not JSON */
export function manifestAt(tree: Tree, path: string): Manifest {
  return JSON.parse(tree.get(path) ?? "{}") as Manifest;
}

export function isTestFile(path: string): boolean {
  return /\.test\.m?ts$/.test(path);
}

/** Fixtures are left out: they are what tests work on, and some are wrong on purpose. */
function sourcesUnder(tree: Tree, dir: string): readonly SourceFile[] {
  return [...tree]
    .filter(([path]) => path.startsWith(`${dir}/`) && /\.m?ts$/.test(path) && !path.includes("/fixtures/"))
    .map(([path, text]) => parseSource(path, text));
}
