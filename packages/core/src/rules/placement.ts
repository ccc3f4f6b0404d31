import { type Mailbox, partitionId } from "../model/partition.js";
import type { MemberState, PlacementTable, View, ViewMember } from "../ports/membership.js";
import { apportion } from "./apportion.js";
import { ConsistentHashRing } from "./ring.js";

/** All that decides who owns the partitions of a mailbox. */
export interface PlacementInput {
  readonly mailbox: Mailbox;
  /** Types whose messages wait in this mailbox, as far as anybody ever hosted them. */
  readonly types: readonly string[];
  readonly previous: (PlacementTable & { readonly version: number }) | undefined;
  readonly view: View;
  /**
   * Whether living owners give up what they have above their share:
   *
   * - `never`: for a view that is not quiet yet. Only partitions without a living owner move.
   * - `one-build`: unless the candidates run several builds. In a rolling deploy every owner is about to leave anyway, so
   *   each partition waits for that and moves once.
   * - `always`: for a view that has been quiet for long although several builds run, as with a canary.
   */
  readonly balance: "never" | "one-build" | "always";
}

/**
 * Computes who owns which partition: a pure function, so that every worker that sees the same comes to the same table.
 *
 * Consistent hashing with memory. Each candidate has a quota of its share of the partitions, never above ⌈n·wᵢ/Σw⌉ (see
 * {@link apportion}). Owners keep what they hold; what they have above their quota they give up where `balance` says so,
 * last come first. That and what has no owner goes to the next worker with room on the ring from the partition on, to the
 * newest build first. Without a previous table the ring alone decides.
 */
export function placementOf({ mailbox, types, previous, view, balance }: PlacementInput): PlacementTable {
  const candidates = candidatesOf(view, types);
  const version = (previous?.version ?? 0) + 1;
  const owners: (string | undefined)[] = Array.from({ length: mailbox.partitions }, () => undefined);
  const since = Array.from(owners, (_, index) => previous?.since[index] ?? version);
  if (candidates.length === 0) return { view: view.version, owners, since };

  const build = newestBuild(candidates);
  const newest = new Set(candidates.filter((member) => member.build === build).map(({ id }) => id));
  const gives = balance === "always" || (balance === "one-build" && newest.size === candidates.length);
  const stays = balance === "never" ? stayingOf(view, types) : new Set<string>();
  const held = new Map<string, number[]>(candidates.map(({ id }) => [id, []]));
  for (const [index, owner] of (previous?.owners ?? []).slice(0, mailbox.partitions).entries()) {
    if (owner === undefined) continue;
    if (held.has(owner)) held.get(owner)!.push(index);
    else if (stays.has(owner)) owners[index] = owner;
  }
  for (const partitions of held.values()) partitions.sort((a, b) => since[a]! - since[b]! || a - b);

  const ring = new ConsistentHashRing(candidates.map(({ id, weight }) => ({ name: id, weight })));
  const quotas = quotasOf(mailbox, candidates, held, newest, since, ring);
  const room = new Map<string, number>();
  let roomAtNewest = 0;
  for (const [id, partitions] of held) {
    const kept = gives ? partitions.slice(0, quotas.get(id)) : partitions;
    for (const index of kept) owners[index] = id;
    room.set(id, quotas.get(id)! - kept.length);
    if (newest.has(id)) roomAtNewest += Math.max(0, room.get(id)!);
  }
  for (let index = 0; index < mailbox.partitions; index++) {
    if (owners[index] !== undefined) continue;
    const preferNewest = roomAtNewest > 0;
    const id = ring.lookup(
      partitionId(mailbox, index),
      (name) => room.get(name)! > 0 && (!preferNewest || newest.has(name)),
    )!;
    owners[index] = id;
    since[index] = version;
    room.set(id, room.get(id)! - 1);
    if (preferNewest) roomAtNewest -= 1;
  }
  return { view: view.version, owners, since };
}

/** The members that may own partitions of a mailbox with these types. */
export function candidatesOf(view: View, types: readonly string[]): ViewMember[] {
  const hosted = (member: ViewMember) => types.filter((type) => member.types.includes(type)).length;
  for (const state of ["ready", "unable"] satisfies MemberState[]) {
    const members = view.members.filter((member) => member.state === state && hosted(member) > 0);
    const most = Math.max(...members.map(hosted));
    if (members.length > 0) return members.filter((member) => hosted(member) === most);
  }
  return [];
}

function stayingOf(view: View, types: readonly string[]): Set<string> {
  const members = view.members.filter((m) => m.state !== "draining" && types.some((type) => m.types.includes(type)));
  return new Set(members.map(({ id }) => id));
}

function newestBuild(candidates: readonly ViewMember[]): string {
  const firsts = new Map<string, number>();
  for (const { build, joinedAt } of candidates) firsts.set(build, Math.min(joinedAt, firsts.get(build) ?? joinedAt));
  const [newest] = [...firsts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return newest![0];
}

function quotasOf(
  mailbox: Mailbox,
  candidates: readonly ViewMember[],
  held: ReadonlyMap<string, readonly number[]>,
  newest: ReadonlySet<string>,
  since: readonly number[],
  ring: ConsistentHashRing,
): Map<string, number> {
  const claimants = Array.from(ring.walk(mailbox.name), (id) => ({
    id,
    partitions: held.get(id)!,
    isNew: newest.has(id),
  }));
  const weightOf = new Map(candidates.map(({ id, weight }) => [id, weight]));
  const weights = claimants.map(({ id }) => weightOf.get(id)!);
  const quotas = apportion(mailbox.partitions, weights, (a, b, given) => {
    const heldA = claimants[a]!.partitions[given[a]!];
    const heldB = claimants[b]!.partitions[given[b]!];
    return (
      Number(heldA === undefined) - Number(heldB === undefined) ||
      Number(claimants[b]!.isNew) - Number(claimants[a]!.isNew) ||
      (heldA === undefined ? 0 : since[heldA]! - since[heldB!]!) ||
      a - b
    );
  });
  return new Map(claimants.map(({ id }, index) => [id, quotas[index]!]));
}
