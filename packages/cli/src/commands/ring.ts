import {
  type Address,
  formatAddress,
  type Mailbox,
  partitionId,
  UnknownTypeError,
  UnsupportedError,
} from "@actor-runtime/core";
import type { MailboxDescription } from "@actor-runtime/runtime";
import { Command } from "commander";
import { type Change, changedView, parseAdded } from "../cluster/change.js";
import { mailboxReport } from "../cluster/mailbox-report.js";
import { movesReport } from "../cluster/moves.js";
import { partitionRows } from "../cluster/partition-rows.js";
import type { ClusterAnswer } from "../cluster/read-cluster.js";
import { whereabouts } from "../cluster/whereabouts.js";
import { UsageError } from "../exit.js";
import { addAll, listed } from "./all.js";
import { addApiSettings, clusterOf } from "./api.js";
import { printJson } from "./json.js";
import { wantsJson } from "./options.js";
import { printAddress, printMailboxes, printMoves } from "./ring-print.js";
import { parseTarget, type Target } from "./target.js";

interface Flags {
  readonly add?: Change["add"];
  readonly remove?: readonly string[];
  readonly partitions?: boolean;
}

export function ringCommand(): Command {
  const command = new Command("ring")
    .description("show which worker owns which partitions and why, or what would move if workers came or went")
    .argument("[target]", "Type for its mailbox, Type/key for the place of one actor; default all mailboxes")
    .option("--add <name[=weight]>", "imagine one more worker that hosts every type; may be repeated", collectAdded)
    .option("--remove <name>", "imagine this worker away; may be repeated", collect)
    .option("--partitions", "list every partition")
    .action(async (text: string | undefined) => {
      const target = text === undefined ? undefined : parseTarget(text);
      const change = changeOf(command.opts<Flags>(), target);
      const cluster = await clusterOf(command);
      const mailboxes = mailboxesOf(cluster, target?.type, listed(command));
      if (change) return showMoves(command, { ...cluster, mailboxes }, change);
      if (target?.key === undefined) return showMailboxes(command, { ...cluster, mailboxes });
      const { type, key } = target;
      await showAddress(command, cluster, mailboxes[0]!, { type, key });
    });
  return addApiSettings(addAll(command));
}

function showMoves(command: Command, { view, mailboxes }: ClusterAnswer, change: Change): void {
  const reports = mailboxes.map((mailbox) => movesReport(mailbox, view, changedView(view, change, mailbox.types)));
  if (wantsJson(command)) printJson({ mailboxes: reports });
  else printMoves(reports);
}

async function showAddress(
  command: Command,
  { namespace, transport, view }: ClusterAnswer,
  description: MailboxDescription,
  address: Address,
): Promise<void> {
  const { mailbox } = description;
  const found = whereabouts(description, view, address);
  const queue = transport === "rabbitmq" ? await queueOf(namespace, mailbox, found.partition) : undefined;
  const shown = {
    address: formatAddress(address.type, address.key),
    mailbox: mailbox.name,
    partitions: mailbox.partitions,
    ...(queue !== undefined && { queue }),
    ...found,
  };
  if (wantsJson(command)) printJson(shown);
  else printAddress(shown);
}

function showMailboxes(command: Command, { view, mailboxes }: ClusterAnswer): void {
  const { partitions: all } = command.opts<Flags>();
  const reports = mailboxes.map((description) => ({
    ...mailboxReport(description, view),
    ...(all && { rows: partitionRows(description) }),
  }));
  if (wantsJson(command)) printJson({ view: view.version, mailboxes: reports });
  else printMailboxes(reports);
}

/** @throws UnknownTypeError when nobody ever hosted the type, UnsupportedError when it is stateless */
function mailboxesOf(
  { mailboxes, pools }: ClusterAnswer,
  type: string | undefined,
  isListed: (name: string) => boolean,
): readonly MailboxDescription[] {
  if (type === undefined) return mailboxes.filter(({ mailbox }) => isListed(mailbox.name));
  const found = mailboxes.find(({ types }) => types.includes(type));
  if (pools.some(({ name }) => name === type)) {
    throw new UnsupportedError(
      `"${type}" is a stateless type: it has no mailbox and no partitions; actor-runtime inspect shows its workers`,
    );
  }
  if (!found) {
    throw new UnknownTypeError(`no worker has ever hosted actors of type "${type}"; see actor-runtime types ls`);
  }
  return [found];
}

/** @throws UsageError */
function changeOf({ add = [], remove = [], partitions }: Flags, target: Target | undefined): Change | undefined {
  if (add.length + remove.length === 0) return undefined;
  if (target?.key !== undefined) {
    throw new UsageError(`--add and --remove are about mailboxes: name ${target.type} instead of one actor`);
  }
  if (partitions) throw new UsageError("--partitions shows what is, --add and --remove what would be: choose one");
  return { add, remove };
}

/** Loaded here, because an embedded process needs nothing of it. */
async function queueOf(namespace: string, mailbox: Mailbox, partition: number): Promise<string> {
  const { Names } = await import("@actor-runtime/rabbitmq");
  return new Names(namespace).partition(mailbox, partitionId(mailbox, partition));
}

function collectAdded(text: string, before: Change["add"] = []): Change["add"] {
  return [...before, parseAdded(text)];
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
