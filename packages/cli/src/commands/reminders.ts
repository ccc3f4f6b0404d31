import { type Duration, durationMs } from "@actor-runtime/core";
import { Command } from "commander";
import { RefusedError, UsageError } from "../exit.js";
import type { CancelledReminder, ReminderPage } from "../ops/reminders.js";
import { addApiSettings, withApi } from "./api.js";
import { parseTarget as parseAddress } from "./call.js";
import { confirmed } from "./confirm.js";
import { printJson } from "./json.js";
import { wantsJson } from "./options.js";
import { remindersText } from "./reminders-print.js";
import { parseTarget } from "./target.js";
import { addWatch, viewer } from "./watch.js";

interface ListFlags {
  readonly dueWithin?: string;
  readonly overdue?: boolean;
  readonly prefix?: string;
  readonly limit: string;
}

export function remindersCommand(): Command {
  return new Command("reminders")
    .description("see which reminders tick when, or cancel one")
    .addCommand(listCommand())
    .addCommand(cancelCommand());
}

function listCommand(): Command {
  const command = new Command("ls")
    .description("list reminders, the earliest due first: when they tick, how often, which handler")
    .argument("[target]", "Type, or Type/key for one actor; default all")
    .option("--due-within <duration>", "only those that are due by then, for example 1h")
    .option("--overdue", "only those that should have ticked by now")
    .option("--prefix <text>", "only of actors whose keys begin with this")
    .option("--limit <count>", "how many at most", "100")
    .action(async (text: string | undefined, flags: ListFlags) => {
      const view = viewer(command);
      const { type, key } = text === undefined ? {} : parseTarget(text);
      const path = [type, key].filter((part) => part !== undefined);
      const query = queryOf(flags);
      await withApi(command, (api) =>
        view(async () => {
          const page = (await api.json("GET", ["reminders", ...path], query)) as ReminderPage;
          return { found: page, text: remindersText(page) };
        }),
      );
    });
  return addApiSettings(addWatch(command));
}

function cancelCommand(): Command {
  const command = new Command("cancel")
    .description("cancel a reminder, in a turn of its actor; one declared with @Every is part of the class and stays")
    .argument("<address>", "Type/key")
    .argument("<name>", "as reminders ls prints it")
    .option("--yes", "do not ask")
    .action(async (address: string, name: string, { yes }: { yes?: boolean }) => {
      const { type, key } = parseAddress(address);
      await withApi(command, async (api) => {
        if (!yes) {
          const page = (await api.json("GET", ["reminders", type, key], [["limit", "1000"]])) as ReminderPage;
          const reminders = page.reminders.filter((reminder) => reminder.name === name);
          if (reminders.length === 0) throw new RefusedError(`${address} has no reminder "${name}"`, "NO_REMINDER");
          process.stderr.write(remindersText({ ...page, reminders, more: false }));
          if (!(await confirmed(`cancel ${name} of ${address}? The actor is not told`))) return;
        }
        const done = (await api.json("DELETE", ["reminders", type, key, name])) as CancelledReminder;
        if (wantsJson(command)) printJson(done);
        else process.stdout.write(`cancelled: ${done.name} of ${done.address}\n`);
      });
    });
  return addApiSettings(command);
}

/** @throws UsageError */
function queryOf({ dueWithin, overdue, prefix, limit }: ListFlags): [string, string][] {
  if (overdue && dueWithin !== undefined) throw new UsageError("either --overdue or --due-within, not both");
  if (!/^[1-9]\d*$/.test(limit)) throw new UsageError(`--limit: "${limit}" must be a whole number above 0`);
  const within = overdue ? "0s" : dueWithin;
  if (within !== undefined) checkDuration(within);
  return [
    ...(within === undefined ? [] : ([["within", within]] satisfies [string, string][])),
    ...(prefix === undefined ? [] : ([["prefix", prefix]] satisfies [string, string][])),
    ["limit", limit],
  ];
}

/** @throws UsageError */
function checkDuration(text: string): void {
  try {
    durationMs(text as Duration, "--due-within");
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
