import { isBuiltin } from "node:module";
import { posix } from "node:path";
import type { SourceFile } from "./source-file.js";
import { isTestFile, type Workspace } from "./workspace.js";

/** Which workspaces a workspace may import, by folder; `"any"` lifts the rule. A folder that is not listed is a violation. */
export type Arrows = Readonly<Record<string, readonly string[] | "any">>;

/** What the checks of imports share. */
export interface ImportRules {
  readonly arrows: Arrows;
  /** Folders that may not use Node's modules or any global beside the language. */
  readonly pure: readonly string[];
  /** Packages that test files may use without declaring them: the root's devDependencies. */
  readonly testTools: ReadonlySet<string>;
}

/** One line per import, declared dependency or use of a global that the rules forbid. */
export function importViolations(workspaces: readonly Workspace[], rules: ImportRules): readonly string[] {
  const byName = new Map(workspaces.map((workspace) => [workspace.name, workspace]));
  return workspaces.flatMap((workspace) => {
    const allowed = rules.arrows[arrowKey(workspace)];
    if (allowed === undefined) return [`${workspace.dir} is not in the arrows: say there what it may import`];
    const forbids = (name: string) => allowed !== "any" && isForbidden(workspace, allowed, byName.get(name));

    const declared = Object.keys(workspace.manifest.dependencies ?? {}).filter(forbids);
    return [
      ...declared.map((name) => `${workspace.dir}/package.json depends on ${name}, which its arrows do not allow`),
      ...workspace.files.flatMap((file) =>
        file.imports.flatMap((module) => {
          if (module.startsWith(".")) return staysInside(workspace, file, module);
          if (isBuiltin(module)) return [];
          const name = packageName(module);
          if (forbids(name)) {
            return [`${file.path} imports ${module}, which the arrows of ${workspace.dir} do not allow`];
          }
          return [...isDeclared(workspace, file, name, rules), ...isExported(byName.get(name), file, module)];
        }),
      ),
      ...(rules.pure.includes(workspace.dir) ? purity(workspace) : []),
    ];
  });
}

function isForbidden(from: Workspace, allowed: readonly string[], to: Workspace | undefined): boolean {
  return to !== undefined && to !== from && !allowed.includes(to.dir);
}

/** `examples/*` share one line. */
function arrowKey({ dir }: Workspace): string {
  return dir.startsWith("examples/") ? "examples/*" : dir;
}

function staysInside(workspace: Workspace, file: SourceFile, module: string): readonly string[] {
  const target = posix.join(posix.dirname(file.path), module);
  return target.startsWith(`${workspace.dir}/`)
    ? []
    : [`${file.path} leaves its package by ${module}: import the package by name`];
}

function isDeclared(workspace: Workspace, file: SourceFile, name: string, rules: ImportRules): readonly string[] {
  const { dependencies, peerDependencies, devDependencies } = workspace.manifest;
  const ownTests = workspace.dir === "test" || isTestFile(file.path);
  const known = { ...dependencies, ...peerDependencies, ...(ownTests ? devDependencies : undefined) };
  if (name === workspace.name || name in known || (ownTests && rules.testTools.has(name))) return [];
  return [`${file.path} imports ${name}, which ${workspace.dir}/package.json does not list in dependencies`];
}

/** npm would resolve `@actor-runtime/core/dist/x.js` in this checkout; only what `exports` names is a door. */
function isExported(target: Workspace | undefined, file: SourceFile, module: string): readonly string[] {
  if (!target) return [];
  const door = `.${module.slice(target.name.length)}`;
  return door in (target.manifest.exports ?? {})
    ? []
    : [`${file.path} imports ${module}: ${target.dir}/package.json does not export it`];
}

function purity(workspace: Workspace): readonly string[] {
  return workspace.files
    .filter((file) => !isTestFile(file.path))
    .flatMap((file) => [
      ...file.imports
        .filter((module) => isBuiltin(module))
        .map((module) => `${file.path} imports ${module}: ${workspace.dir} does no I/O`),
      ...file.impurities.map(
        (name) => `${file.path} uses ${name}: ${workspace.dir} gets time, chance and the world handed in`,
      ),
    ]);
}

function packageName(module: string): string {
  return module
    .split("/")
    .slice(0, module.startsWith("@") ? 2 : 1)
    .join("/");
}
