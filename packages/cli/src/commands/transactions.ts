import { Command } from "commander";
import { UsageError } from "../exit.js";
import type { Resolved, TransactionList, TransactionReport } from "../ops/transactions.js";
import { addApiSettings, withApi } from "./api.js";
import { confirmed } from "./confirm.js";
import { printJson } from "./json.js";
import { wantsJson } from "./options.js";
import { resolvedText, transactionsText, transactionText } from "./transactions-print.js";
import { addWatch, viewer } from "./watch.js";

interface ResolveFlags {
  readonly commit?: boolean;
  readonly abort?: boolean;
  readonly yes?: boolean;
}

export function transactionsCommand(): Command {
  return new Command("tx")
    .description("see which transactions hold which actors and who waits for them, or decide one instead of its caller")
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(resolveCommand());
}

function listCommand(): Command {
  const command = new Command("ls")
    .description("list transactions that are not over: their phase, what they hold, who has voted, who waits for whom")
    .action(async () => {
      const view = viewer(command);
      await withApi(command, (api) =>
        view(async () => {
          const list = (await api.json("GET", ["transactions"])) as TransactionList;
          return { found: list, text: transactionsText(list) };
        }),
      );
    });
  return addApiSettings(addWatch(command));
}

function showCommand(): Command {
  const command = new Command("show")
    .description("show all that is known of a transaction: its decision, and each actor it holds")
    .argument("<id>", "as tx ls prints it")
    .action(async (id: string) => {
      const view = viewer(command);
      await withApi(command, (api) =>
        view(async () => {
          const report = (await api.json("GET", ["transactions", id])) as TransactionReport;
          return { found: report, text: transactionText(report) };
        }),
      );
    });
  return addApiSettings(addWatch(command));
}

function resolveCommand(): Command {
  const command = new Command("resolve")
    .description("decide a transaction instead of its caller, if nothing is decided; remembered as forced")
    .argument("<id>", "as tx ls prints it")
    .option("--commit", "it takes effect on all actors it holds; each must have voted")
    .option("--abort", "it leaves nothing on any of them")
    .option("--yes", "do not ask")
    .action(async (id: string, flags: ResolveFlags) => {
      const outcome = outcomeOf(flags);
      await withApi(command, async (api) => {
        if (!flags.yes) {
          process.stderr.write(transactionText((await api.json("GET", ["transactions", id])) as TransactionReport));
          if (!(await confirmed(`${outcome} ${id}? ${warnings[outcome]}`))) return;
        }
        const resolved = (await api.json("POST", ["transactions", id, outcome])) as Resolved;
        if (wantsJson(command)) printJson(resolved);
        else process.stdout.write(resolvedText(resolved));
      });
    });
  return addApiSettings(command);
}

const warnings = {
  commit: "Its caller may not have meant to commit, or not all of it yet",
  abort: "Its caller may be about to commit, and is refused then",
} as const;

/** @throws UsageError */
function outcomeOf({ commit, abort }: ResolveFlags): Resolved["outcome"] {
  if (commit === abort) throw new UsageError("tx resolve needs either --commit or --abort");
  return commit ? "commit" : "abort";
}
