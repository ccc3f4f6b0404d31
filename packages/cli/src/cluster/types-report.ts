import { candidatesOf } from "@actor-runtime/core";
import type { ClusterDescription } from "@actor-runtime/runtime";

export interface TypeReport {
  readonly name: string;
  readonly mailbox: string;
  readonly partitions: number;
  /** Ids of the workers that host it and can own partitions; none: its messages wait. */
  readonly hosts: readonly string[];
  /** Workers that own partitions of its mailbox without hosting it: its messages there wait. */
  readonly missingAt: readonly string[];
  /** Its name when all of it is paused, or addresses. */
  readonly paused: readonly string[];
}

/** Every type that was ever hosted, by name. */
export function typesReport({ view, mailboxes, paused }: ClusterDescription): TypeReport[] {
  return mailboxes
    .flatMap(({ mailbox, types, placement }) => {
      const candidates = candidatesOf(view, types);
      const owners = view.members.filter(({ id }) => placement?.owners.includes(id));
      return types.map((name) => ({
        name,
        mailbox: mailbox.name,
        partitions: mailbox.partitions,
        hosts: candidates.flatMap((member) => (member.types.includes(name) ? member.id : [])),
        missingAt: owners.flatMap((member) => (member.types.includes(name) ? [] : member.id)),
        paused: paused.filter((target) => target === name || target.startsWith(`${name}/`)),
      }));
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
