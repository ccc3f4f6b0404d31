import { Command } from "commander";
import { partitionRanges } from "../cluster/partition-ranges.js";
import { listingTypes, type WorkersReport, workersReport } from "../cluster/workers-report.js";
import { ageOf } from "./age.js";
import { addAll, listed } from "./all.js";
import { addApiSettings, clusterOf } from "./api.js";
import { printJson } from "./json.js";
import { wantsJson } from "./options.js";
import { percent, printTable } from "./table.js";

export function workersCommand(): Command {
  const command = new Command("workers")
    .description("list the workers alive, what they host and how many partitions they own")
    .action(async () => {
      const report = listingTypes(workersReport(await clusterOf(command)), listed(command));
      if (wantsJson(command)) printJson(report);
      else print(report);
    });
  return addApiSettings(addAll(command));
}

function print({ workers, handoffs, unheld, unhosted }: WorkersReport): void {
  const now = Date.now();
  printTable(
    ["WORKER", "STATE", "BUILD", "WEIGHT", "HELD/ASSIGNED", "SHARE", "JOINED", "TYPES"],
    workers.map(({ id, state, build, weight, types, joinedAt, held, assigned, share }) => [
      id,
      state,
      build || "-",
      weight,
      `${held}/${assigned}`,
      percent(share),
      joinedAt === undefined ? "-" : `${ageOf(now - joinedAt)} ago`,
      types.join(" ") || "-",
    ]),
  );
  const gone = new Set(workers.flatMap(({ id, state }) => (state === "gone" ? id : [])));
  for (const { mailbox, from = "", to, partitions } of handoffs) {
    const whose = to === undefined ? "nobody owns" : `${to} owns`;
    const why = gone.has(from) ? "it is gone, its leases end soon" : "handoff under way";
    process.stdout.write(`${from} holds ${mailbox} ${partitionRanges(partitions)}, which ${whose}: ${why}\n`);
  }
  for (const { mailbox, partitions } of unheld) {
    process.stdout.write(
      `nobody holds ${mailbox} ${partitionRanges(partitions)} at the moment: the owners take them\n`,
    );
  }
  for (const type of unhosted) process.stdout.write(`${type}: nobody hosts it; its messages wait\n`);
}
