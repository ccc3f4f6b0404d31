import { Command } from "commander";
import type { ReminderPage } from "../ops/reminders.js";
import { addAll, listed } from "./all.js";
import { addApiSettings, withApi } from "./api.js";
import { parseTarget } from "./call.js";
import { confirmed } from "./confirm.js";
import { printJson } from "./json.js";
import { wantsJson } from "./options.js";
import { remindersText } from "./reminders-print.js";
import { printTable } from "./table.js";

interface TypeList {
  /** What only a worker that hosts the type knows is missing for the others. */
  readonly types: readonly {
    name: string;
    paused: readonly string[];
    braked?: boolean;
    activations?: number;
    handlers?: readonly string[];
    queries?: readonly string[];
  }[];
}
interface ShownActor extends Pick<ReminderPage, "at" | "reminders"> {
  readonly state: unknown;
}
interface ActorList {
  readonly actors: readonly { address: string; bytes: number; version: number }[];
  readonly more: boolean;
}

export function actorsCommand(): Command {
  return new Command("actors")
    .description("look at stored actors")
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(eraseCommand());
}

function listCommand(): Command {
  const command = new Command("ls")
    .description("list the types there are, or the stored actors of one type")
    .argument("[type]")
    .option("--prefix <text>", "only keys that begin with this", "")
    .action(async (type: string | undefined, { prefix }: { prefix: string }) => {
      if (type === undefined) {
        const found = (await withApi(command, (api) => api.json("GET", ["actors"]))) as TypeList;
        const isListed = listed(command);
        const list = { ...found, types: found.types.filter(({ name }) => isListed(name)) };
        if (wantsJson(command)) printJson(list);
        else printTypes(list);
        return;
      }
      const list = (await withApi(command, (api) =>
        api.json("GET", ["actors", type], [["prefix", prefix]]),
      )) as ActorList;
      if (wantsJson(command)) return printJson(list);
      printTable(
        ["ADDRESS", "BYTES", "VERSION"],
        list.actors.map(({ address, bytes, version }) => [address, bytes, version]),
      );
      if (list.more) process.stderr.write("there are more: narrow it down with --prefix\n");
    });
  return addApiSettings(addAll(command));
}

function printTypes({ types }: TypeList): void {
  printTable(
    ["TYPE", "STATE", "ACTIVE", "HANDLERS"],
    types.map(({ name, paused, braked, activations, handlers = [], queries = [] }) => [
      name,
      stateOf(name, paused, braked),
      activations ?? "-",
      [...handlers, ...queries].join(" ") || "-",
    ]),
  );
}

function stateOf(type: string, paused: readonly string[], braked: boolean | undefined): string {
  if (paused.includes(type)) return "paused";
  if (braked) return "braked";
  return paused.length > 0 ? `${paused.length} paused` : "-";
}

function showCommand(): Command {
  const command = new Command("show")
    .description("print the committed state of an actor as JSON, and its reminders beside it, on stderr")
    .argument("<address>", "Type/key")
    .action(async (address: string) => {
      const { type, key } = parseTarget(address);
      const shown = (await withApi(command, (api) => api.json("GET", ["actors", type, key]))) as ShownActor;
      if (wantsJson(command)) return printJson(shown);
      printJson(shown.state);
      if (shown.reminders.length > 0) process.stderr.write(`\n${remindersText({ ...shown, more: false })}`);
    });
  return addApiSettings(command);
}

function eraseCommand(): Command {
  const command = new Command("erase")
    .description("remove an actor's state, reminders, stored messages and kept answers")
    .argument("<address>", "Type/key")
    .option("--yes", "do not ask")
    .action(async (address: string, { yes }: { yes?: boolean }) => {
      const { type, key } = parseTarget(address);
      if (!yes && !(await confirmed(`erase ${address}? This cannot be undone`))) return;
      const erased = await withApi(command, (api) => api.json("DELETE", ["actors", type, key]));
      if (wantsJson(command)) return printJson(erased);
      const { deadLetters } = erased as { deadLetters: number };
      process.stdout.write(`erased ${address}; dead letters that still name it: ${deadLetters}\n`);
    });
  return addApiSettings(command);
}
