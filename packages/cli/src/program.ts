import { readFileSync } from "node:fs";
import { Command } from "commander";
import { actorsCommand } from "./commands/actors.js";
import { callCommand, tellCommand } from "./commands/call.js";
import { configCommand } from "./commands/config.js";
import { deadCommand } from "./commands/dead.js";
import { devCommand } from "./commands/dev.js";
import { doctorCommand } from "./commands/doctor.js";
import { inspectCommand } from "./commands/inspect.js";
import { locksCommand } from "./commands/locks.js";
import { pauseCommand, resumeCommand } from "./commands/pause.js";
import { remindersCommand } from "./commands/reminders.js";
import { ringCommand } from "./commands/ring.js";
import { startCommand } from "./commands/start.js";
import { storeCommand } from "./commands/store.js";
import { transactionsCommand } from "./commands/transactions.js";
import { typesCommand } from "./commands/types.js";
import { workersCommand } from "./commands/workers.js";

const exits = `
Exit codes: 0 done, 1 failure, 2 wrong command line, 69 broker, store or worker unreachable, 70 ended by the watchdog,
78 wrong configuration, 130 and 143 ended at once by a second SIGINT or SIGTERM.`;

/** The command line. Parsing it runs the command; whatever goes wrong is thrown (see `exit.ts`). */
export function program(): Command {
  const command = new Command("actor-runtime")
    .description("Runs actors: TypeScript classes whose instances are reachable by a key from anywhere.")
    .version(version())
    .option("--json", "print JSON, also errors")
    .addHelpText("after", exits)
    .addCommand(startCommand())
    .addCommand(devCommand())
    .addCommand(callCommand())
    .addCommand(tellCommand())
    .addCommand(inspectCommand())
    .addCommand(workersCommand())
    .addCommand(ringCommand())
    .addCommand(typesCommand())
    .addCommand(actorsCommand())
    .addCommand(deadCommand())
    .addCommand(locksCommand())
    .addCommand(transactionsCommand())
    .addCommand(remindersCommand())
    .addCommand(pauseCommand())
    .addCommand(resumeCommand())
    .addCommand(storeCommand())
    .addCommand(doctorCommand())
    .addCommand(configCommand());
  throwErrors(command);
  return command;
}

/** commander would end the process itself. */
function throwErrors(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwErrors(child);
}

function version(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
