import { type Command, Option } from "commander";
import { type Loaded, loadSettings } from "../config/load.js";
import { type Setting, type SettingName, settings } from "../config/settings.js";

/** What every command reads before its own settings. */
const common = ["config", "envFile"] as const satisfies SettingName[];

/** Declares settings as options of a command; help shows each with its variable and default. */
export function addSettings(command: Command, names: readonly SettingName[]): Command {
  for (const name of new Set([...names, ...common])) {
    const setting: Setting = settings[name];
    const option = new Option(setting.flag, setting.about).env(setting.env);
    if (setting.repeats) option.argParser((value, before?: string) => (before ? `${before},${value}` : value));
    if (typeof setting.default !== "boolean") option.default(setting.default);
    command.addOption(option);
  }
  return command;
}

/** Reads a command's settings from everywhere; see `config/load.ts`. */
export function settingsOf<N extends SettingName>(command: Command, names: readonly N[]): Promise<Loaded<N>> {
  // commander reads variables and defaults too, for the help; here only what was typed counts.
  const typed = [...names, ...common, "decorators" as const].filter(
    (name) => command.getOptionValueSource(name) === "cli",
  );
  return loadSettings(names, Object.fromEntries(typed.map((name) => [name, command.getOptionValue(name) as unknown])));
}

/** `--json`, given before or after the command's name. */
export function wantsJson(command: Command): boolean {
  return command.optsWithGlobals<{ json?: boolean }>().json === true;
}
