import { styleText } from "node:util";
import { Command } from "commander";
import type { SettingName } from "../config/settings.js";
import type { Check } from "../doctor/check.js";
import { exitCodes } from "../exit-codes.js";
import { lockSettings, serviceSettings } from "../services.js";
import { addSettings, settingsOf, wantsJson } from "./options.js";

const names = [...serviceSettings, ...lockSettings, "host", "port", "decorators"] as const satisfies SettingName[];
const colours = { ok: "green", warn: "yellow", fail: "red" } as const;

export function doctorCommand(): Command {
  const command = new Command("doctor")
    .description("check what actor-runtime needs here, each finding with its fix")
    .action(async () => {
      const { values } = await settingsOf(command, names);
      const { checks } = await import("../doctor/checks.js");
      const found: Check[] = [];
      for (const check of checks) found.push(...[await check(values)].flat());
      if (wantsJson(command)) process.stdout.write(`${JSON.stringify({ checks: found }, null, 2)}\n`);
      else for (const each of found) print(each);
      if (found.some(({ status }) => status === "fail")) process.exitCode = exitCodes.failure;
    });
  return addSettings(command, names);
}

function print({ name, status, finding, fix }: Check): void {
  const mark = process.stdout.isTTY ? styleText(colours[status], status.padEnd(4)) : status.padEnd(4);
  process.stdout.write(`${mark}  ${name}: ${finding}${fix ? `; ${fix}` : ""}\n`);
}
