import { Command } from "commander";
import { addSettings, settingsOf } from "./options.js";
import { workerSettings } from "./worker-settings.js";

export function startCommand(): Command {
  const command = new Command("start")
    .description(
      "run a worker that hosts the actors of these files until SIGTERM or SIGINT; a second signal ends it at once",
    )
    .argument("[files...]", "TypeScript or JavaScript files, or quoted globs like 'src/**/*.actor.ts'")
    .action(async (patterns: string[]) => {
      const { values, container } = await settingsOf(command, workerSettings);
      // Loaded here, because short commands need nothing of it.
      const { runWorker } = await import("../worker.js");
      process.exitCode = await runWorker(patterns, values, container);
    });
  return addSettings(command, workerSettings);
}
