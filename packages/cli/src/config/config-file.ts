import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigError, type Container } from "@actor-runtime/core";
import type { Dialect } from "../loader/transform.js";
import { type FileSettings, type Setting, type SettingName, settings } from "./settings.js";

/** What `actor-runtime.config.ts` exports as its default. */
export interface ActorRuntimeConfig extends FileSettings {
  /** Where `inject` gets services from. @default typedi's global container */
  container?: Container;
}

/**
 * Types a config file; it returns its argument.
 *
 * @example
 * // actor-runtime.config.ts
 * import { defineConfig } from "actor-runtime";
 * export default defineConfig({ namespace: "shop", port: 7171, drainTimeout: "10s" });
 */
export function defineConfig(config: ActorRuntimeConfig): ActorRuntimeConfig {
  return config;
}

export interface ConfigFile {
  readonly name: string;
  readonly values: Partial<Record<SettingName, unknown>>;
  readonly container: Container | undefined;
}

const names = ["ts", "mts", "js", "mjs", "json"].map((ending) => `actor-runtime.config.${ending}`);

/**
 * Reads the config file: the given one, else the first of `actor-runtime.config.{ts,mts,js,mjs,json}` in the folder.
 *
 * @returns `undefined` when none is given and there is none
 * @throws ConfigError when it is missing, exports no object or has a field that is no setting
 */
export async function readConfigFile(
  given: string | undefined,
  folder: string,
  dialect: Dialect,
): Promise<ConfigFile | undefined> {
  const name = given ?? names.find((candidate) => existsSync(resolve(folder, candidate)));
  if (name === undefined) return undefined;
  const path = resolve(folder, name);
  if (!existsSync(path)) throw new ConfigError(`config file ${name} does not exist`);
  const content = path.endsWith(".json") ? await readJson(path) : await importDefault(path, dialect);
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new ConfigError(`${name}: write \`export default defineConfig({ … })\` (in .json an object)`);
  }
  const { container, ...values } = content as ActorRuntimeConfig;
  for (const field of Object.keys(values)) {
    const setting: Setting | undefined = Object.hasOwn(settings, field) ? settings[field as SettingName] : undefined;
    if (!setting) {
      throw new ConfigError(`${name}: there is no setting "${field}"; there are ${fileSettings().join(", ")}`);
    }
    if (setting.inFile === false) {
      throw new ConfigError(`${name}: "${field}" is set by ${setting.flag} or ${setting.env} only`);
    }
  }
  return { name: basename(path), values, container };
}

function fileSettings(): string[] {
  const open = Object.entries<Setting>(settings).filter(([, { inFile }]) => inFile !== false);
  return ["container", ...open.map(([name]) => name)];
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new ConfigError(`${basename(path)}: ${(error as Error).message}`);
  }
}

async function importDefault(path: string, dialect: Dialect): Promise<unknown> {
  if (/\.[cm]?ts$/.test(path)) {
    // Loaded here, because most commands meet no TypeScript.
    const { installLoader } = await import("../loader/install.js");
    installLoader(dialect);
  }
  const module = (await import(pathToFileURL(path).href)) as { default?: unknown };
  return module.default;
}
