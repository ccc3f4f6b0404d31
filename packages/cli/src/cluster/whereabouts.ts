import { type Address, candidatesOf, hashKey, type View } from "@actor-runtime/core";
import type { MailboxDescription } from "@actor-runtime/runtime";
import { type PartitionRow, partitionRows } from "./partition-rows.js";
import { ringOrder } from "./ring-order.js";
import { settled } from "./settled.js";
import { capOf, sharesOf } from "./shares.js";

/** Where an actor lives, and why there. */
export interface Whereabouts extends PartitionRow {
  readonly hash: number;
  /** In the words of an answer, most important first. */
  readonly why: readonly string[];
}

/** On a large cluster a partition may pass many full workers on the ring. */
const mostReasons = 3;

/** @param description of the mailbox of its type */
export function whereabouts(description: MailboxDescription, view: View, { type, key }: Address): Whereabouts {
  const { mailbox } = description;
  const hash = hashKey(key);
  const row = partitionRows(description)[hash % mailbox.partitions]!;
  const { partition, owner, holder } = row;
  return {
    hash,
    ...row,
    why: [
      ...whyWaiting(description, view, type, owner),
      ...whyOwned(description, view, partition, owner),
      ...whyHeld(view, owner, holder?.worker),
    ],
  };
}

function whyWaiting({ types }: MailboxDescription, view: View, type: string, owner: string | undefined): string[] {
  const hosts = (id: string) => view.members.find((member) => member.id === id)?.types.includes(type) ?? true;
  if (!candidatesOf(view, types).some(({ id }) => hosts(id))) return [`nobody hosts ${type}: its messages wait`];
  return owner === undefined || hosts(owner) ? [] : [`${owner} does not host ${type}: its messages wait`];
}

function whyOwned(description: MailboxDescription, view: View, partition: number, owner: string | undefined): string[] {
  const { placement } = description;
  const order = ringOrder(description, view, partition);
  const home = order[0];
  if (home === undefined) return [];
  if (placement === undefined) return ["no worker has computed a placement yet"];
  const next = settled(description, placement, view).owners[partition]!;
  if (owner === undefined) return [`nobody hosted it so far; it goes to ${next} now`];
  if (!order.includes(owner)) {
    const alive = view.members.some(({ id }) => id === owner);
    return [`${owner} ${alive ? "can own it no more" : "is gone"}; it goes to ${next} now`];
  }
  const atHome = `its home on the ring is ${home}`;
  if (next !== owner) return [atHome, `${owner} had it before; it moves to ${next} once the view has been quiet`];
  if (owner === home) return [atHome];
  const passed = order.slice(0, order.indexOf(owner));
  const more = passed.length - mostReasons;
  return [
    atHome,
    ...passed.slice(0, mostReasons).map((id) => whyNot(id, owner, description, view)),
    ...(more > 0 ? [`so it is with ${more} more`] : []),
    `next with room: ${owner}`,
  ];
}

/** Why a worker that comes earlier on the ring does not own the partition. */
function whyNot(id: string, owner: string, description: MailboxDescription, view: View): string {
  if (buildSince(id, view) < buildSince(owner, view)) return `${id} runs an older build`;
  const owned = description.placement!.owners.filter((each) => each === id).length;
  const cap = capOf(sharesOf(description, view).get(id)!);
  return owned >= cap ? `${id} is at its cap of ${cap}` : `${id} has its share, ${owned}`;
}

/** When the first of the workers alive that run its build joined: the later, the newer the build. */
function buildSince(id: string, { members }: View): number {
  const build = members.find((member) => member.id === id)?.build;
  return Math.min(...members.flatMap((member) => (member.build === build ? member.joinedAt : [])));
}

function whyHeld(view: View, owner: string | undefined, holder: string | undefined): string[] {
  if (holder === owner) return [];
  if (holder === undefined) return [`nobody has its lease, ${owner} takes it now`];
  if (!view.members.some(({ id }) => id === holder)) return [`${holder} is gone, its lease ends soon`];
  return [owner === undefined ? `${holder} holds it still` : `handoff under way from ${holder}`];
}
