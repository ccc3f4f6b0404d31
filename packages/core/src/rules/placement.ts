import { type Mailbox, partitionId } from "../model/partition.js";
import type { PlacementTable, View, ViewMember } from "../ports/membership.js";
import { apportion } from "./apportion.js";
import { buildsByAge } from "./builds.js";
import { ConsistentHashRing } from "./ring.js";

/** All that decides who owns the partitions of a mailbox. */
export interface PlacementInput {
  readonly mailbox: Mailbox;
  /** Types whose messages wait in this mailbox, as far as anybody ever hosted them. */
  readonly types: readonly string[];
  /** The table in effect; `undefined`: there was none yet, or it is lost. */
  readonly previous: (PlacementTable & { readonly version: number }) | undefined;
  readonly view: View;
  /**
   * Whether living owners give up what they hold above their share:
   *
   * - `never`: the view is not quiet yet. Only partitions without a living owner move.
   * - `one-build`: only if all candidates are of one build. In a rolling deploy each owner is about to leave, so its
   *   partitions wait for that and move once.
   * - `always`: also if they are of several, for a view that has long been quiet like that, as with a canary.
   */
  readonly balance: "never" | "one-build" | "always";
}

/** In `since`: a worker that found it too new passed it on. */
export const passedOn = 0;

/** A candidate and its claim to partitions. */
interface Claimant {
  readonly id: string;
  readonly weight: number;
  /** Whether it is of the newest build. */
  readonly newest: boolean;
  /** Partitions it owns so far, first come first. */
  readonly held: number[];
  /** How many more it may take. */
  room: number;
}

/**
 * Computes who owns which partition: a pure function, so that every worker that sees the same comes to the same table.
 *
 * It is consistent hashing with memory. Every candidate has a quota, its share of the partitions rounded up or down (see
 * {@link apportion}). Owners keep what they hold; if `balance` says so they give up what is above their quota, last come
 * first, so that what was moved once is not what moves next time. Partitions given up or without an owner go along the
 * {@link ConsistentHashRing} to the next candidate with room, of the newest build if any of these has room. Without a
 * previous table only the ring decides.
 *
 * 1,024 partitions over 64 workers take 2 to 4 ms.
 */
export function placementOf({ mailbox, types, previous, view, balance }: PlacementInput): PlacementTable {
  const version = (previous?.version ?? 0) + 1;
  const owners = Array.from({ length: mailbox.partitions }, (): string | undefined => undefined);
  const since = owners.map((_, index) => previous?.since[index] ?? version);
  const table = { view: view.version, owners, since };
  const candidates = candidatesOf(view, types);
  if (candidates.length === 0) return table;

  const ring = new ConsistentHashRing(candidates.map(({ id, weight }) => ({ name: id, weight })));
  const claimants = claimantsOf(candidates, ring.walk(mailbox.name));
  // While the view is not quiet, or a deploy is under way that brings another type into the mailbox, an owner that lives keeps
  // its partitions even if it is no candidate now.
  const hosts = hostsOf(view, types);
  const lingers = balance === "never" || (balance === "one-build" && buildsByAge(hosts).size > 1);
  const lingering = new Set(lingers ? hosts.map(({ id }) => id) : []);
  for (const index of owners.keys()) {
    const owner = previous?.owners[index];
    if (owner === undefined) continue;
    if (claimants.has(owner)) claimants.get(owner)!.held.push(index);
    else if (lingering.has(owner)) owners[index] = owner;
  }
  for (const { held } of claimants.values()) held.sort((a, b) => since[a]! - since[b]! || a - b);

  const ranked = [...claimants.values()];
  const quotas = quotasOf(mailbox.partitions, ranked, since);
  const oneBuild = ranked.every(({ newest }) => newest);
  // Where nobody is able, nobody is better off with what another gives up.
  const gives = candidates[0]!.state === "ready" && (balance === "always" || (balance === "one-build" && oneBuild));
  // O13: an older build would only pass it on again, for ever. Once there is one build it is like any other.
  const stays = (index: number) => !oneBuild && since[index] === passedOn;
  let roomAtNewest = 0;
  for (const [rank, claimant] of ranked.entries()) {
    const kept = gives ? claimant.held.filter((index, nth) => nth < quotas[rank]! || stays(index)) : claimant.held;
    for (const index of kept) {
      owners[index] = claimant.id;
      if (gives && oneBuild && since[index] === passedOn) since[index] = version;
    }
    claimant.room = Math.max(0, quotas[rank]! - kept.length);
    if (claimant.newest) roomAtNewest += claimant.room;
  }

  for (const index of owners.keys()) {
    if (owners[index] !== undefined) continue;
    const onlyNewest = roomAtNewest > 0;
    const owner = ring.lookup(partitionId(mailbox, index), (id) => {
      const { room, newest } = claimants.get(id)!;
      return room > 0 && (newest || !onlyNewest);
    })!;
    owners[index] = owner;
    since[index] = version;
    claimants.get(owner)!.room -= 1;
    if (onlyNewest) roomAtNewest -= 1;
  }
  return table;
}

/**
 * The members that may own partitions of a mailbox with these types: of those that are ready the ones that host the most of
 * them, since an owner cannot run what it does not host. If nobody is ready, the same of those that are unable.
 */
export function candidatesOf(view: View, types: readonly string[]): ViewMember[] {
  const hosts = hostsOf(view, types);
  const ready = hosts.filter(({ state }) => state === "ready");
  const able = ready.length > 0 ? ready : hosts;
  const most = Math.max(...able.map((member) => hosted(member, types)));
  return able.filter((member) => hosted(member, types) === most);
}

function hostsOf(view: View, types: readonly string[]): ViewMember[] {
  return view.members.filter((member) => member.state !== "draining" && hosted(member, types) > 0);
}

/** In the order of the ring from the mailbox on, so that ties do not favour the same workers in every mailbox. */
function claimantsOf(candidates: readonly ViewMember[], order: Iterable<string>): Map<string, Claimant> {
  const members = new Map(candidates.map((member) => [member.id, member]));
  const newestBuild = newestBuildOf(candidates);
  return new Map(
    Array.from(order, (id) => {
      const { weight, build } = members.get(id)!;
      return [id, { id, weight, newest: build === newestBuild, held: [], room: 0 }];
    }),
  );
}

/** Of builds that came in the same ms the name that sorts last: any rule does that is the same for all. */
function newestBuildOf(members: readonly ViewMember[]): string {
  const [newest] = [...buildsByAge(members)].sort(([a, cameA], [b, cameB]) => cameB - cameA || (a < b ? 1 : -1));
  return newest![0];
}

/**
 * Quotas by claimant. Where several have an equal claim to one more partition:
 *
 * - Whoever holds it keeps it: least movement. Of two holders the newest build does, then the one that has had it longer.
 * - A newcomer of the newest build comes even before holders of another build, as the partition must move there anyway.
 * - The newest build comes before others.
 */
function quotasOf(partitions: number, claimants: readonly Claimant[], since: readonly number[]): number[] {
  const order = ({ newest, held }: Claimant, partition: number | undefined) => {
    if (partition !== undefined) return newest ? 0 : 2;
    if (newest) return held.length === 0 ? 1 : 3;
    return 4;
  };
  const weights = claimants.map(({ weight }) => weight);
  return apportion(partitions, weights, (a, b, given) => {
    const ofA = claimants[a]!.held[given[a]!];
    const ofB = claimants[b]!.held[given[b]!];
    const longer = ofA === undefined || ofB === undefined ? 0 : since[ofA]! - since[ofB]!;
    return order(claimants[a]!, ofA) - order(claimants[b]!, ofB) || longer || a - b;
  });
}

function hosted(member: ViewMember, types: readonly string[]): number {
  return types.filter((type) => member.types.includes(type)).length;
}
