import { statSync } from "node:fs";
import { relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigError } from "@actor-runtime/core";
import type { AnyActor } from "@actor-runtime/runtime";
import { glob } from "tinyglobby";
import { declaredName } from "../declared-name.js";
import { UsageError } from "../exit.js";

/**
 * Imports files and collects the classes marked with `@Actor` or `@Stateless` that they export, alone or in an exported list. A file
 * given by its name must hold one; of the files of a glob at least one must.
 *
 * @returns every class once, in the order of the files
 * @throws UsageError when nothing is given or nothing matches
 * @throws ConfigError when a file cannot be loaded, there is no actor, or two classes have one name
 */
export async function importActors(patterns: readonly string[]): Promise<AnyActor[]> {
  if (patterns.length === 0) {
    throw new UsageError(
      "name the files with your actors, for example: actor-runtime start accounts.ts 'src/**/*.actor.ts'",
    );
  }
  const homes = new Map<AnyActor, string>();
  for (const pattern of patterns) {
    let found = 0;
    for (const file of await filesOf(pattern)) {
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
  return [...homes.keys()];
}

async function filesOf(pattern: string): Promise<string[]> {
  const found = statSync(pattern, { throwIfNoEntry: false });
  if (found?.isFile()) return [resolve(pattern)];
  if (found?.isDirectory()) {
    throw new UsageError(`${pattern} is a folder; name files or a glob, for example '${pattern}/**/*.ts'`);
  }
  const ignore = ["**/node_modules/**", "**/*.d.ts", "**/*.d.mts", "**/*.d.cts"];
  const files = await glob(pattern.replaceAll("\\", "/"), { absolute: true, expandDirectories: false, ignore });
  if (files.length === 0) throw new UsageError(`no file matches ${pattern} in ${process.cwd()}`);
  return files.sort();
}

async function actorsIn(file: string): Promise<AnyActor[]> {
  const module = await load(file);
  return Object.values(module)
    .flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .filter((value): value is AnyActor => typeof value === "function" && declaredName(value) !== undefined);
}

async function load(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    throw importMistake(file, error as NodeJS.ErrnoException) ?? error;
  }
}

/** What is wrong with the imports of a file, where that is what failed. Compilers keep imports that may be values. */
function importMistake(file: string, { code, message }: NodeJS.ErrnoException): ConfigError | undefined {
  const where = relative("", file);
  if (code === "ERR_MODULE_NOT_FOUND") return new ConfigError(`${where}: ${message}`);
  const missing = /does not provide an export named '(\w+)'/.exec(message)?.[1];
  if (!missing) return undefined;
  return new ConfigError(`${where}: ${message}; where ${missing} is only a type, import it as \`type ${missing}\``);
}

/** The runtime would refuse it too, but only this place knows the files. */
function checkNames(homes: ReadonlyMap<AnyActor, string>): void {
  const firsts = new Map<string, AnyActor>();
  for (const [actor, file] of homes) {
    const name = declaredName(actor)!;
    const first = firsts.get(name);
    if (first) {
      const places = [homes.get(first)!, file].map((path) => relative("", path));
      throw new ConfigError(`two classes have the name "${name}", in ${places.join(" and ")}; rename one`);
    }
    firsts.set(name, actor);
  }
}
