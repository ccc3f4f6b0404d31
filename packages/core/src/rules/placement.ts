import type { Mailbox } from "../model/partition.js";
import type { PlacementTable, View, ViewMember } from "../ports/membership.js";

/** All that decides who owns the partitions of a mailbox. */
export interface PlacementInput {
  readonly mailbox: Mailbox;
  /** Types whose messages wait in this mailbox, as far as anybody ever hosted them. */
  readonly types: readonly string[];
  readonly previous: (PlacementTable & { readonly version: number }) | undefined;
  readonly view: View;
  /**
   * Whether living owners give up what they have too much. `false` while the view is not quiet yet: then only partitions
   * without a living owner move.
   */
  readonly settled: boolean;
}

/**
 * Computes who owns which partition: a pure function, so that every worker that sees the same comes to the same table.
 */
export function placementOf({ mailbox, types, previous, view }: PlacementInput): PlacementTable {
  const candidates = candidatesOf(view, types);
  const version = (previous?.version ?? 0) + 1;
  const load = new Map(candidates.map(({ id }) => [id, 0]));
  const owners: (string | undefined)[] = [];
  const since: number[] = [];
  for (let index = 0; index < mailbox.partitions; index++) {
    const owner = previous?.owners[index];
    if (owner === undefined || !load.has(owner)) continue;
    owners[index] = owner;
    since[index] = previous!.since[index]!;
    load.set(owner, load.get(owner)! + 1);
  }
  for (let index = 0; index < mailbox.partitions; index++) {
    if (owners[index] !== undefined) continue;
    const least = [...load].sort((a, b) => a[1] - b[1])[0];
    owners[index] = least?.[0];
    since[index] = version;
    if (least) load.set(least[0], least[1] + 1);
  }
  return { view: view.version, owners, since };
}

/** The members that may own partitions of a mailbox with these types. */
export function candidatesOf(view: View, types: readonly string[]): ViewMember[] {
  return view.members.filter((member) => member.state === "ready" && types.some((type) => member.types.includes(type)));
}
