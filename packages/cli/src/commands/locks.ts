import { Command } from "commander";
import type { ApiClient } from "../client/api-client.js";
import { RefusedError } from "../exit.js";
import type { LockReport } from "../ops/locks.js";
import { lockSettings } from "../services.js";
import { addApiSettings, withApi } from "./api.js";
import { confirmed } from "./confirm.js";
import { printJson } from "./json.js";
import { brokenText, locksText } from "./locks-print.js";
import { wantsJson } from "./options.js";
import { addWatch, viewer } from "./watch.js";

/** As `/api/locks` lists them. */
interface LockList {
  readonly locks: readonly LockReport[];
  readonly more: boolean;
}

export function locksCommand(): Command {
  return new Command("locks")
    .description("see who holds which lock and who waits for it, or take one from its holder")
    .addCommand(listCommand())
    .addCommand(breakCommand());
}

function listCommand(): Command {
  const command = new Command("ls")
    .description("list the locks that are held or waited for: by whom, for how long, with which fence")
    .argument("[prefix]", "only locks whose names begin with this")
    .action(async (prefix = "") => {
      const view = viewer(command);
      await withLocks(command, (api) =>
        view(async () => {
          const list = (await api.json("GET", ["locks"], [["prefix", prefix]])) as LockList;
          return { found: list, text: locksText(list.locks) + (list.more ? "there are more: name a prefix\n" : "") };
        }),
      );
    });
  return addApiSettings(addWatch(command), lockSettings);
}

function breakCommand(): Command {
  const command = new Command("break")
    .description(
      "take a lock from its holders, who hear of it at once; the next in line gets it, their fence is refused",
    )
    .argument("<name>", "as locks ls prints it")
    .option("--yes", "do not ask")
    .action((name: string, { yes }: { yes?: boolean }) =>
      withLocks(command, async (api) => {
        if (!yes) {
          const lock = (await api.json("GET", ["locks", name])) as LockReport;
          if (!lock.held) throw new RefusedError(`nobody holds the lock ${name}`, "NOT_HELD");
          process.stderr.write(locksText([lock]));
          const warning = "What its holder does until it hears of it is refused only where fences are checked";
          if (!(await confirmed(`break ${name}? ${warning}`))) return;
        }
        const broken = (await api.json("DELETE", ["locks", name])) as LockReport;
        if (wantsJson(command)) printJson(broken);
        else process.stdout.write(brokenText(broken));
      }),
    );
  return addApiSettings(command, lockSettings);
}

function withLocks(command: Command, run: (api: ApiClient) => Promise<void>): Promise<void> {
  return withApi(command, run, { locks: true });
}
