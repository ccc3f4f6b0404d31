import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import { WorkerClient } from "../client/worker-client.js";
import { UsageError } from "../exit.js";
import { parseTarget } from "./call.js";
import { addSettings, settingsOf, wantsJson } from "./options.js";
import { printTable } from "./table.js";

const settings = ["url", "token", "timeout"] as const;

interface TypeList {
  readonly types: readonly {
    name: string;
    activations: number;
    handlers: readonly string[];
    queries: readonly string[];
  }[];
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
    .description("list the types a worker hosts, or the stored actors of one type")
    .argument("[type]")
    .option("--prefix <text>", "only keys that begin with this", "")
    .action(async (type: string | undefined, { prefix }: { prefix: string }) => {
      const client = await clientOf(command);
      if (type === undefined) {
        const list = (await client.json("GET", [])) as TypeList;
        if (wantsJson(command)) return printJson(list);
        const rows = list.types.map((each) => [
          each.name,
          each.activations,
          [...each.handlers, ...each.queries].join(" "),
        ]);
        return printTable(["TYPE", "ACTIVE", "HANDLERS"], rows);
      }
      const list = (await client.json("GET", [type], { prefix })) as ActorList;
      if (wantsJson(command)) return printJson(list);
      printTable(
        ["ADDRESS", "BYTES", "VERSION"],
        list.actors.map(({ address, bytes, version }) => [address, bytes, version]),
      );
      if (list.more) process.stderr.write("there are more: narrow it down with --prefix\n");
    });
  return addSettings(command, settings);
}

function showCommand(): Command {
  const command = new Command("show")
    .description("print the committed state of an actor as JSON")
    .argument("<address>", "Type/key")
    .action(async (address: string) => {
      const { type, key } = parseTarget(address);
      const shown = (await (await clientOf(command)).json("GET", [type, key])) as { state: unknown };
      printJson(wantsJson(command) ? shown : shown.state);
    });
  return addSettings(command, settings);
}

function eraseCommand(): Command {
  const command = new Command("erase")
    .description("remove an actor's state, reminders, stored messages and kept answers")
    .argument("<address>", "Type/key")
    .option("--yes", "do not ask")
    .action(async (address: string, { yes }: { yes?: boolean }) => {
      const { type, key } = parseTarget(address);
      const client = await clientOf(command);
      if (!yes && !(await confirmed(`erase ${address}? This cannot be undone (y/N) `))) return;
      const erased = (await client.json("DELETE", [type, key])) as { deadLetters: number };
      if (wantsJson(command)) return printJson(erased);
      process.stdout.write(`erased ${address}; dead letters that still name it: ${erased.deadLetters}\n`);
    });
  return addSettings(command, settings);
}

async function clientOf(command: Command): Promise<WorkerClient> {
  const { url, token, timeout } = (await settingsOf(command, settings)).values;
  return new WorkerClient({ url, token, timeoutMs: timeout });
}

async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError("erasing needs --yes where nobody can be asked");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test(await terminal.question(question));
  } finally {
    terminal.close();
  }
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
