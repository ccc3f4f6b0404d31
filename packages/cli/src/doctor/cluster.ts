import type { ClusterDescription } from "@actor-runtime/runtime";
import { poolsReport } from "../cluster/pools-report.js";
import { typesReport } from "../cluster/types-report.js";
import type { Check } from "./check.js";

/** Whether every type has a worker, and every worker is able to serve. */
export function clusterChecks(cluster: ClusterDescription): Check[] {
  const { members } = cluster.view;
  const unable = members.filter(({ state }) => state === "unable");
  const types = typesReport(cluster);
  const unhosted = [...types, ...poolsReport(cluster)].filter(({ hosts }) => hosts.length === 0);
  const apart = types.filter(({ hosts, missingAt }) => hosts.length > 0 && missingAt.length > 0);
  return [
    { name: "workers", status: "ok", finding: `${members.length} alive${buildsOf(members)}` },
    ...unable.map(({ id }): Check => {
      const finding = `${id} has been without RabbitMQ for long, others serve its partitions`;
      return { name: "workers", status: "warn", finding, fix: "check its connection to RabbitMQ" };
    }),
    ...unhosted.map(({ name }): Check => {
      const finding = `${name}: nobody hosts it; its messages wait`;
      return { name: "types", status: "warn", finding, fix: "start a worker that hosts it" };
    }),
    ...apart.map(({ name, mailbox, missingAt }): Check => {
      const where = `partitions of its mailbox "${mailbox}" that belong to ${missingAt.join(", ")}`;
      const finding = `${name}: its messages wait in ${where}, where it is not hosted`;
      return { name: "types", status: "warn", finding, fix: "let the same workers host all types of a mailbox" };
    }),
  ];
}

/** Said only where they differ: a rolling deploy is under way, or one was left half done. */
function buildsOf(members: ClusterDescription["view"]["members"]): string {
  const builds = [...new Set(members.map(({ build }) => build))];
  if (builds.length < 2) return "";
  const counts = builds.map(
    (build) => `${build || "(none)"} on ${members.filter((each) => each.build === build).length}`,
  );
  return `, of ${builds.length} builds: ${counts.join(", ")}`;
}
