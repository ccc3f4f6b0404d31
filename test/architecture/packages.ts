import type { Workspace } from "./workspace.js";

/** One line per package whose entry points or manifest differ from the house's form. */
export function packageViolations(workspaces: readonly Workspace[]): readonly string[] {
  const packages = workspaces.filter(({ dir }) => dir.startsWith("packages/"));
  return [...packages.flatMap(entryPoints), ...likeTheFirst(packages)];
}

/** `exports` names files of `dist`; each has a source of the same name. */
function entryPoints({ dir, manifest, files }: Workspace): readonly string[] {
  const entries = new Set(
    Object.values(manifest.exports ?? {})
      .flatMap((target) => (typeof target === "object" && target !== null ? Object.values(target) : [target]))
      .flatMap((target) => /^\.\/dist\/(.+?)(?:\.d\.ts|\.js)$/.exec(String(target))?.[1] ?? [])
      .map((name) => `${dir}/src/${name}.ts`),
  );
  const index = files.find(({ path }) => path === `${dir}/src/index.ts`);
  return [
    ...(index ? [] : [`${dir}/src/index.ts is missing`]),
    ...(index && !index.opening.includes("# Layout")
      ? [`${index.path} does not open with a comment that has "# Layout"`]
      : []),
    ...files
      .filter(({ path, exportsAll }) => entries.has(path) && exportsAll)
      .map(({ path }) => `${path} has export *: a public name is listed where it becomes public`),
  ];
}

function likeTheFirst(packages: readonly Workspace[]): readonly string[] {
  const [model, ...others] = packages;
  if (!model) return [];
  const form = ({ manifest: { version, license, type, engines } }: Workspace) =>
    JSON.stringify({ version, license, type, engines });
  return others
    .filter((other) => form(other) !== form(model))
    .map((other) => `${other.dir}/package.json has ${form(other)}, ${model.dir} has ${form(model)}`);
}
