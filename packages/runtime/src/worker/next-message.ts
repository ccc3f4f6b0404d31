import { type Holder, inTheWay, isOlder, wounds } from "@actor-runtime/core";
import type { Activation } from "./activation.js";
import type { Holding } from "./hold.js";
import type { Inbound } from "./inbound.js";
import type { Transactional } from "./turn-transaction.js";

/**
 * Which message of an actor is next where transactions take part: those of whoever holds it pass everything. While it is held,
 * plain messages wait, but for queries beside readers. Among transactions that wait the oldest is first; it passes what is not
 * of its own sender, so that everybody still reads what he wrote.
 *
 * @returns `undefined`: all that wait have to wait on
 */
export function nextMessage(activation: Activation): Inbound | undefined {
  const first = activation.head;
  const { transactional } = activation;
  if (first === undefined) return undefined;
  if (transactional === undefined) return mayRunPlain(activation, first) ? first : undefined;
  const own = messageOfHolder(activation);
  if (own !== undefined) return own;
  const holders = activation.hold?.holders ?? [];
  const oldest = oldestOf(transactional);
  const passes = isFree(holders, oldest) && mayPass(activation, oldest);
  const head = transactional.find(({ inbound }) => inbound === first);
  if (head === undefined) {
    if (mayRunPlain(activation, first)) return first;
    // What waits for a younger holder must not keep an older transaction waiting, or they might wait in a circle.
    return passes && holders.some((holder) => isOlder(oldest, holder)) ? oldest.inbound : undefined;
  }
  if (passes) return oldest.inbound;
  return isFree(holders, head) ? first : undefined;
}

/**
 * Messages of transactions that were over before `since` are only to be refused, by the store's time in ms: where whoever began
 * one died, nobody says so, and it would have all that is younger give way to it for ever while it waits behind them.
 */
export function withdrawOverdue({ transactional }: Activation, since: number): void {
  for (const { inbound } of transactional ?? []) {
    const { tx } = inbound.message;
    if (tx !== undefined && tx.until < since) inbound.withdrawn = true;
  }
}

/** The first that is part of a transaction that holds the actor, or is only to be refused; `undefined`: there is none. */
export function messageOfHolder({ hold, transactional }: Activation): Inbound | undefined {
  const holders = hold?.holders ?? [];
  const own = transactional?.find(
    (waiting) => waiting.inbound.withdrawn || (isHolder(holders, waiting) && isFree(holders, waiting)),
  );
  return own?.inbound;
}

/** Whether a message that waits could run now, were there no other. */
export function mayRun(activation: Activation, inbound: Inbound): boolean {
  const waiting = activation.transactional?.find((one) => one.inbound === inbound);
  if (waiting === undefined) return inbound === activation.head && mayRunPlain(activation, inbound);
  return inbound.withdrawn || isFree(activation.hold?.holders ?? [], waiting);
}

/** The holders that keep an older transaction waiting, each with the oldest of those: they have to give way. */
export function woundedBy(activation: Activation): Map<Holding, Transactional> {
  const wounded = new Map<Holding, Transactional>();
  const { hold, transactional, head, erasures } = activation;
  if (hold === undefined || transactional === undefined) return wounded;
  const first = transactional.find(({ inbound }) => inbound === head);
  const behind = first === undefined ? !mayRunPlain(activation, head!) : !isFree(hold.holders, first);
  for (const waiting of transactional) {
    if (waiting.inbound.withdrawn) continue;
    // Behind a plain message it waits for everybody that the first one waits for, and behind an erasure for all.
    const blocked = erasures !== undefined || (behind && !mayPass(activation, waiting));
    const younger = blocked ? hold.holders.filter((holder) => isOlder(waiting, holder)) : wounds(hold.holders, waiting);
    for (const holder of younger as readonly Holding[]) {
      const known = wounded.get(holder);
      if (holder.id !== waiting.id && (known === undefined || isOlder(waiting, known))) wounded.set(holder, waiting);
    }
  }
  return wounded;
}

function mayRunPlain({ hold, hosted }: Activation, { message }: Inbound): boolean {
  if (hold === undefined) return true;
  return hold.exclusive === undefined && hosted.definition.methods.get(message.handler)?.kind === "query";
}

function isHolder(holders: readonly Holder[], { id }: Holder): boolean {
  return holders.some((holder) => holder.id === id);
}

function isFree(holders: readonly Holder[], wanted: Holder): boolean {
  return inTheWay(holders, wanted).length === 0;
}

function oldestOf(transactional: readonly Transactional[]): Transactional {
  return transactional.reduce((oldest, next) => (isOlder(next, oldest) ? next : oldest));
}

/** Nothing plain of its own sender waits before it. */
function mayPass({ parked, queue, transactional }: Activation, { inbound }: Transactional): boolean {
  for (const list of [parked?.entries, queue]) {
    for (const before of list ?? []) {
      if (before === inbound) return true;
      const plain = !transactional!.some((waiting) => waiting.inbound === before);
      if (plain && mayBeOfSameSender(before, inbound)) return false;
    }
  }
  return true;
}

/** What comes from the store does not say who sent it; nobody sends ticks. */
function mayBeOfSameSender(a: Inbound, b: Inbound): boolean {
  if (a.message.tick !== undefined || a.timed) return false;
  return a.stream === undefined || b.stream === undefined || a.stream === b.stream;
}
