import { statSync } from "node:fs";
import { relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigError } from "@actor-runtime/core";
import { type AnyActor, declaredActor } from "@actor-runtime/runtime";
import { glob } from "tinyglobby";
import { UsageError } from "../exit.js";

export interface ActorFiles {
  /** Every class once, in the order of the files. */
  readonly actors: readonly AnyActor[];
  readonly files: readonly string[];
}

/**
 * Imports files and collects the classes marked with `@Actor` that they export, alone or in an exported list. A file
 * given by its name must hold one; of the files of a glob at least one must.
 *
 * @throws UsageError when nothing is given or nothing matches
 * @throws ConfigError when there is no actor, or two classes have one name
 */
export async function importActors(patterns: readonly string[]): Promise<ActorFiles> {
  if (patterns.length === 0) {
    throw new UsageError("name the files with your actors, for example: actor-runtime start accounts.ts 'src/**/*.actor.ts'");
  }
  const homes = new Map<AnyActor, string>();
  const files = new Set<string>();
  for (const pattern of patterns) {
    let found = 0;
    for (const file of await filesOf(pattern)) {
      files.add(file);
      for (const actor of await actorsIn(file)) {
        found++;
        if (!homes.has(actor)) homes.set(actor, file);
      }
    }
    if (found === 0) {
      throw new ConfigError(`${pattern} exports no actor: mark a class with @Actor("Name") and export it`);
    }
  }
  checkNames(homes);
  return { actors: [...homes.keys()], files: [...files] };
}

async function filesOf(pattern: string): Promise<string[]> {
  const found = statSync(pattern, { throwIfNoEntry: false });
  if (found?.isFile()) return [resolve(pattern)];
  if (found?.isDirectory()) throw new UsageError(`${pattern} is a folder; name files or a glob, for example '${pattern}/**/*.ts'`);
  const ignore = ["**/node_modules/**", "**/*.d.ts", "**/*.d.mts", "**/*.d.cts"];
  const files = await glob(pattern.replaceAll("\\", "/"), { absolute: true, expandDirectories: false, ignore });
  if (files.length === 0) throw new UsageError(`no file matches ${pattern} in ${process.cwd()}`);
  return files.sort();
}

async function actorsIn(file: string): Promise<AnyActor[]> {
  const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  return Object.values(module)
    .flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .filter((value): value is AnyActor => typeof value === "function" && declaredActor(value) !== undefined);
}

/** The runtime would refuse it too, but only this place knows the files. */
function checkNames(homes: ReadonlyMap<AnyActor, string>): void {
  const firsts = new Map<string, AnyActor>();
  for (const [actor, file] of homes) {
    const { name } = declaredActor(actor)!;
    const first = firsts.get(name);
    if (first) {
      const places = [homes.get(first)!, file].map((path) => relative("", path));
      throw new ConfigError(`two classes are @Actor("${name}"), in ${places.join(" and ")}; rename one`);
    }
    firsts.set(name, actor);
  }
}
