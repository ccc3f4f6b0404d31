import type { ClusterDescription, ClusterInspection, WorkerReport as Told } from "@actor-runtime/runtime";
import { listingTypes, type WorkerReport, type WorkersReport, workersReport } from "./workers-report.js";

/** A worker as the cluster sees it, and what it says of itself; `told` is absent when it gave no answer. */
export interface InspectedWorker extends WorkerReport {
  readonly told?: Told;
}

/** What `GET /api/inspect` answers. */
export interface InspectedCluster extends Omit<WorkersReport, "workers"> {
  readonly workers: readonly InspectedWorker[];
  /** Ids of the workers alive that gave no answer in time. */
  readonly silent: readonly string[];
  /** How long they were given. */
  readonly timeoutMs: number;
}

export function inspectedCluster(cluster: ClusterDescription, inspection: ClusterInspection): InspectedCluster {
  const { workers, ...report } = workersReport(cluster);
  const { reports, silent, timeoutMs } = inspection;
  const told = new Map(reports.map((each) => [each.worker, each]));
  return {
    ...report,
    workers: workers.map((worker) => ({ ...worker, ...(told.has(worker.id) && { told: told.get(worker.id)! }) })),
    silent,
    timeoutMs,
  };
}

/** What was found with only those types that a list shows; numbers of a worker and turns that run are of all its types. */
export function listingTypesTold(cluster: InspectedCluster, isListed: (name: string) => boolean): InspectedCluster {
  const { workers, ...rest } = listingTypes(cluster, isListed);
  const listing = (told: Told): Told => {
    return { ...told, types: { ...told.types, items: told.types.items.filter(({ type }) => isListed(type)) } };
  };
  return {
    ...rest,
    workers: workers.map(({ told, ...worker }) => ({ ...worker, ...(told && { told: listing(told) }) })),
  };
}
