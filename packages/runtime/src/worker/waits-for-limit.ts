import type { Activation } from "./activation.js";
import type { Inbound } from "./inbound.js";
import type { Marks } from "./marks.js";
import type { Turn } from "./turn.js";

/**
 * Whether an actor's next message has to wait until fewer asynchronous turns run. It keeps its place in its actor's order; what
 * somebody waits for who runs already, or holds something, passes, and with it all that stands before it at its actor: else
 * turns would wait for each other until their timeouts.
 */
export function waitsForLimit(activation: Activation, next: Inbound, marks: Pick<Marks, "alone">): boolean {
  const { hosted, address } = activation;
  const { concurrency } = hosted;
  if (concurrency.admits(activation)) return false;
  if (isLookedUpFirst(next) || next.withdrawn || marks.alone(address) === next || isAwaited(activation)) {
    concurrency.leave(activation);
    return false;
  }
  concurrency.wait(activation);
  return true;
}

/** Its promise is pending. A chain of calls has one place, that of the turn at its beginning. */
export function takePlace(turn: Turn): void {
  if (passes(turn.inbound!)) return;
  turn.place = turn.activation.hosted.concurrency;
  turn.place.began();
}

/** Whether its sender is a turn that waits for it, or somebody who holds a lock or actors meanwhile. */
function passes({ message: { chain, tx, locks } }: Inbound): boolean {
  return tx !== undefined || locks !== undefined || (chain !== undefined && chain.length > 0);
}

/** It does not begin yet: first it is seen whether it was answered before. */
function isLookedUpFirst({ message: { kind, id, of }, earlier }: Inbound): boolean {
  return kind !== "query" && (id !== undefined || of !== undefined) && earlier !== null;
}

/** Looks only at what came since it was made to wait: a long queue is gone through once. */
function isAwaited(activation: Activation): boolean {
  const { hosted, waiting, queue = [], parked } = activation;
  const looked = hosted.concurrency.lookedThrough(activation);
  const first = looked <= waiting ? looked : 0;
  const stored = parked?.entries ?? [];
  for (let index = first; index < waiting; index++) {
    const inbound = index < stored.length ? stored[index]! : queue[index - stored.length]!;
    if (passes(inbound)) return true;
  }
  return false;
}
