import { Command } from "commander";
import { type Setting, type SettingName, type Settings, settings } from "../config/settings.js";
import { addSettings, settingsOf, wantsJson } from "./options.js";
import { printTable } from "./table.js";

const names = Object.keys(settings) as SettingName[];

export function configCommand(): Command {
  return new Command("config").description("look at the configuration").addCommand(printCommand());
}

function printCommand(): Command {
  const command = new Command("print")
    .description("print every setting with its value and where that comes from; secrets are masked")
    .action(async () => {
      const { values, sources } = await settingsOf(command, names);
      const shown = names.map((name) => ({ name, value: masked(name, values[name]), source: sources[name] }));
      if (wantsJson(command)) {
        const byName = Object.fromEntries(
          shown.map(({ name, value, source }) => [name, { value: value ?? null, source }]),
        );
        process.stdout.write(`${JSON.stringify(byName, null, 2)}\n`);
        return;
      }
      const rows = shown.map(({ name, value, source }) => [name, textOf(value), source]);
      printTable(["SETTING", "VALUE", "FROM"], rows);
    });
  return addSettings(command, names);
}

type Value = Settings[SettingName];

function masked(name: SettingName, value: Value): Value {
  const { mask }: Setting = settings[name];
  if (!mask || value === undefined) return value;
  return Array.isArray(value) ? value.map(mask).join(",") : mask(textOf(value));
}

function textOf(value: Value): string {
  if (value === undefined) return "-";
  if (Array.isArray(value)) return value.join(",");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
