import type { MemberState } from "@actor-runtime/core";
import type { ClusterDescription } from "@actor-runtime/runtime";
import { type MailboxReport, mailboxReport } from "./mailbox-report.js";
import { poolsReport } from "./pools-report.js";
import type { Transfer } from "./transfers.js";
import { typesReport } from "./types-report.js";

export interface WorkerReport {
  readonly id: string;
  /** `gone`: not in the view any more, but a lease of its has not ended. */
  readonly state: MemberState | "gone";
  readonly build: string;
  readonly weight: number;
  readonly types: readonly string[];
  /** In ms since 1970 by the store's clock; absent when it is gone. */
  readonly joinedAt?: number;
  /** How many partitions the placement gives it. */
  readonly assigned: number;
  /** Of how many it has the lease. */
  readonly held: number;
  /** Part of all partitions of the namespace that it is assigned, 0 to 1. */
  readonly share: number;
}

export interface WorkersReport {
  readonly workers: readonly WorkerReport[];
  /** Partitions whose lease another has than their owner. */
  readonly handoffs: readonly (Transfer & { readonly mailbox: string })[];
  /** Partitions that have an owner, but whose lease nobody has. */
  readonly unheld: readonly { readonly mailbox: string; readonly partitions: readonly number[] }[];
  /** Types that nobody hosts: their messages wait. */
  readonly unhosted: readonly string[];
}

export function workersReport(cluster: ClusterDescription): WorkersReport {
  const { view, mailboxes } = cluster;
  const reports = mailboxes.map((mailbox) => mailboxReport(mailbox, view));
  const total = sum(reports, ({ partitions }) => partitions);
  const members = new Map(view.members.map((member) => [member.id, member]));
  const ids = new Set([...members.keys(), ...reports.flatMap(({ workers }) => workers.map(({ worker }) => worker))]);
  return {
    workers: [...ids].toSorted().map((id) => {
      const { state = "gone", build = "", weight = 0, types = [], joinedAt } = members.get(id) ?? {};
      const assigned = count(reports, id, "assigned");
      return {
        id,
        state,
        build,
        weight,
        types,
        ...(joinedAt !== undefined && { joinedAt }),
        assigned,
        held: count(reports, id, "held"),
        share: total === 0 ? 0 : assigned / total,
      };
    }),
    handoffs: reports.flatMap(({ mailbox, handoffs }) => handoffs.map((handoff) => ({ mailbox, ...handoff }))),
    unheld: reports.flatMap(({ mailbox, unheld }) => (unheld.length > 0 ? { mailbox, partitions: unheld } : [])),
    unhosted: [...typesReport(cluster), ...poolsReport(cluster)].flatMap(({ name, hosts }) =>
      hosts.length === 0 ? name : [],
    ),
  };
}

/** The report with only those types of its workers that a list shows; what is counted, or waits in vain, stays. */
export function listingTypes<R extends Pick<WorkersReport, "workers">>(
  report: R,
  isListed: (name: string) => boolean,
): R {
  return { ...report, workers: report.workers.map((each) => ({ ...each, types: each.types.filter(isListed) })) };
}

function count(reports: readonly MailboxReport[], id: string, of: "assigned" | "held"): number {
  return sum(reports, ({ workers }) => workers.find(({ worker }) => worker === id)?.[of].length ?? 0);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
