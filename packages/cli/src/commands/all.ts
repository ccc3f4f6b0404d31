import type { Command } from "commander";
import { isSystemName } from "../system-names.js";

/** Declares `--all`. Lists leave out what is the system's own; numbers count it, and what is wrong with it is always said. */
export function addAll(command: Command): Command {
  return command.option("--all", "list the system's own types and mailbox too, whose names begin with $");
}

/** Whether a list shows the type or mailbox of this name. */
export function listed(command: Command): (name: string) => boolean {
  const { all = false } = command.opts<{ all?: boolean }>();
  return (name) => all || !isSystemName(name);
}
