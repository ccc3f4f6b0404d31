import { Command } from "commander";
import { type PoolReport, poolsReport } from "../cluster/pools-report.js";
import { type TypeReport, typesReport } from "../cluster/types-report.js";
import { addAll, listed } from "./all.js";
import { addApiSettings, clusterOf } from "./api.js";
import { printJson } from "./json.js";
import { wantsJson } from "./options.js";
import { printTable } from "./table.js";

export function typesCommand(): Command {
  return new Command("types").description("look at the types of the namespace").addCommand(listCommand());
}

function listCommand(): Command {
  const command = new Command("ls")
    .description("list every type that was ever hosted, with its mailbox and who hosts it now")
    .action(async () => {
      const isListed = listed(command);
      const cluster = await clusterOf(command);
      const types = typesReport(cluster).filter(({ name }) => isListed(name));
      const pools = poolsReport(cluster);
      if (wantsJson(command)) printJson({ types, pools });
      else print(types, pools);
    });
  return addApiSettings(addAll(command));
}

function print(types: readonly TypeReport[], pools: readonly PoolReport[]): void {
  printTable(
    ["TYPE", "MAILBOX", "PARTITIONS", "HOSTED BY", "PAUSED"],
    types.map(({ name, mailbox, partitions, hosts, paused }) => [
      name,
      mailbox,
      partitions,
      hostedBy(hosts.length),
      paused.join(" ") || "-",
    ]),
  );
  if (pools.length === 0) return;
  process.stdout.write("\n");
  printTable(
    ["STATELESS TYPE", "BALANCE", "HOSTED BY", "PAUSED"],
    pools.map(({ name, balance, hosts, paused }) => [name, balance, hostedBy(hosts.length), paused ? name : "-"]),
  );
}

function hostedBy(workers: number): string {
  if (workers === 0) return "nobody hosts it; its messages wait";
  return workers === 1 ? "1 worker" : `${workers} workers`;
}
