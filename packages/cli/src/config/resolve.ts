import { ConfigError } from "@actor-runtime/core";
import { type Setting, type SettingName, type Settings, settings } from "./settings.js";

/** Where values may come from. */
export interface Given {
  readonly flags: Partial<Record<SettingName, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file?: { readonly name: string; readonly values: Partial<Record<SettingName, unknown>> } | undefined;
}

export interface Resolved<N extends SettingName> {
  readonly values: Pick<Settings, N>;
  /** Where each value comes from: `--port`, `ACTOR_PORT`, the config file's name or `default`. */
  readonly sources: Readonly<Record<N, string>>;
}

/**
 * Chooses each setting's value, flags before environment before config file before defaults, and validates the chosen
 * ones. An empty variable counts as unset; an empty flag unsets what the others say.
 *
 * @throws ConfigError that names the setting, where its value came from and what it must be
 */
export function resolveSettings<N extends SettingName>(names: readonly N[], given: Given): Resolved<N> {
  const values: Partial<Record<SettingName, unknown>> = {};
  const sources: Partial<Record<SettingName, string>> = {};
  for (const name of names) {
    const { value, source } = choose(name, given);
    values[name] = value === undefined ? undefined : validate(name, value, source);
    sources[name] = source;
  }
  return { values: values as Pick<Settings, N>, sources: sources as Record<N, string> };
}

function choose(name: SettingName, { flags, env, file }: Given): { value: unknown; source: string } {
  const setting: Setting = settings[name];
  const flag = flags[name];
  if (flag !== undefined) return { value: flag === "" ? undefined : flag, source: longFlag(setting) };
  const variable = env[setting.env];
  if (variable) return { value: variable, source: setting.env };
  const inFile = file?.values[name];
  if (file && inFile !== undefined) return { value: inFile, source: file.name };
  return { value: setting.default, source: "default" };
}

function validate(name: SettingName, value: unknown, source: string): unknown {
  const setting: Setting = settings[name];
  const result = setting.schema.safeParse(value);
  if (result.success) return result.data;
  // A value that may hold a secret is not repeated, and one that is no URL cannot be masked.
  const shown = setting.mask ? "" : ` is ${JSON.stringify(value)} and`;
  const from = source.startsWith("-") || source === setting.env ? source : `${source}: ${name}`;
  throw new ConfigError(`${from}${shown} ${setting.expects}`);
}

/** `--config` for `-c, --config <file>`. */
function longFlag(setting: Setting): string {
  return /--[a-z-]+/.exec(setting.flag)![0];
}
