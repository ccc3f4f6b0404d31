import { loadEnvFile } from "node:process";
import { ConfigError, type Container } from "@actor-runtime/core";
import { readConfigFile } from "./config-file.js";
import { type Given, type Resolved, resolveSettings } from "./resolve.js";
import type { SettingName } from "./settings.js";

/** What a command runs with. */
export interface Loaded<N extends SettingName> extends Resolved<N> {
  /** Given by the config file. */
  readonly container: Container | undefined;
}

/** Reads a command's settings: first the variables of `--env-file`, which may name the config file, then that, then all. */
export async function loadSettings<N extends SettingName>(
  names: readonly N[],
  flags: Given["flags"],
): Promise<Loaded<N>> {
  const { envFile } = resolveSettings(["envFile"], { flags, env: process.env }).values;
  if (envFile !== undefined) readEnvFile(envFile);
  const { decorators, config } = resolveSettings(["decorators", "config"], { flags, env: process.env }).values;
  const file = await readConfigFile(config, process.cwd(), decorators);
  return { ...resolveSettings(names, { flags, env: process.env, file }), container: file?.container };
}

function readEnvFile(name: string): void {
  try {
    loadEnvFile(name);
  } catch (error) {
    throw new ConfigError(`--env-file ${name}: ${(error as Error).message}`);
  }
}
