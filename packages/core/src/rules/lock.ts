import type { LockMode } from "../ports/lock-leases.js";

/** Where the answer to a call goes that was left unanswered by its turn. */
export interface AnswerRoute {
  readonly replyTo: string;
  readonly call: string;
}

/** One acquisition that waits, or is about to be offered the lock. */
export interface Waiter {
  readonly request: string;
  readonly mode: LockMode;
  /** The session of its process: once that has ended nobody is there to claim. */
  readonly session: string;
  /** Locks its caller holds: whoever waits for one of them waits for this caller. */
  readonly holds: readonly string[];
  /** Since when it has asked, and until when it waits, in the store's time (ms). */
  readonly since: number;
  readonly until: number;
  readonly answerTo: AnswerRoute;
}

/** Who waits for one lock, by when they came. It is all that a lock actor stores. */
export type LockQueue = readonly Waiter[];

/** One place where a caller waits, on the way along a chain of waiters. */
export interface WaitsAt {
  readonly name: string;
  readonly request: string;
  readonly since: number;
}

/** Follows who waits for whom, from the latest that began to wait; its path ends at who holds the lock it is sent to. */
export type LockProbe = readonly WaitsAt[];

export type LockEvent =
  | { readonly kind: "acquire"; readonly waiter: Waiter }
  | { readonly kind: "cancel"; readonly request: string }
  /** The lock may be free, or somebody's time over. */
  | { readonly kind: "look" }
  /** What came of an offer effect. `over`: the session has ended. */
  | {
      readonly kind: "offered";
      readonly request: string;
      readonly outcome: { readonly fence: number } | "held" | "over";
    }
  | { readonly kind: "probe"; readonly probe: LockProbe }
  /** Its wait closes a cycle of these locks. */
  | { readonly kind: "deadlock"; readonly request: string; readonly cycle: readonly string[] };

/** `busy`: not to be had now. `late`: not in time. `over`: the session has ended, so ask again under a new one. */
export type LockAnswer =
  | { readonly fence: number }
  | { readonly refused: "busy" | "late" | "over" }
  | { readonly cycle: readonly string[] };

export type LockEffect =
  /** Offer it at the store, then report by an `offered` event. `others` wait behind this one. */
  | { readonly kind: "offer"; readonly waiter: Waiter; readonly others: boolean }
  /** Give back what may have been offered to it. */
  | { readonly kind: "withdraw"; readonly request: string }
  | { readonly kind: "answer"; readonly to: AnswerRoute; readonly answer: LockAnswer }
  /** Tell the actor of lock `name`. */
  | { readonly kind: "probe"; readonly name: string; readonly probe: LockProbe }
  | { readonly kind: "deadlock"; readonly name: string; readonly request: string; readonly cycle: readonly string[] };

export interface LockDecision {
  readonly queue: LockQueue;
  readonly effects: readonly LockEffect[];
}

/** A cycle through more locks than this is not looked for; its waiters end by their own time. */
const maxHops = 16;
/** The most that one probe sets off at one lock. */
const maxProbes = 64;

/**
 * Who is next for one lock: first come, first served; readers that stand next to each other are offered it together, and
 * nobody overtakes a writer that waits (correctness.md a.5). Cycles are found by edge chasing: a probe goes from lock to lock
 * along "who waits here holds that one" (Chandy, Misra, Haas: Distributed Deadlock Detection, 1983). Each waiter sends one
 * when it begins to wait, and again when it is found to wait on, so the one that closes a cycle meets all others; the youngest
 * of them gives way.
 *
 * @param name of the lock
 * @param now the store's time in ms
 */
export function decideLock(name: string, queue: LockQueue, event: LockEvent, now: number): LockDecision {
  switch (event.kind) {
    case "acquire":
      return acquire(name, queue, event.waiter, now);
    case "cancel":
      return cancel(queue, event.request);
    case "look":
      return look(queue, now);
    case "offered":
      return offered(name, queue, event, now);
    case "probe":
      return { queue, effects: follow(name, queue, event.probe) };
    case "deadlock":
    default:
      return giveUp(queue, event.request, event.cycle);
  }
}

function acquire(name: string, queue: LockQueue, waiter: Waiter, now: number): LockDecision {
  const place = queue.findIndex(({ request }) => request === waiter.request);
  if (place >= 0) {
    // Asked again: its answer goes where it waits now, its place and its time stay.
    const { since, until } = queue[place]!;
    const again = queue.with(place, { ...waiter, since, until });
    return { queue: again, effects: place === 0 ? offerHead(again) : [] };
  }
  // Behind all who came before. Who was offered the lock already, and did not hear of it, comes back to the front.
  const before = queue.findLastIndex(({ since }) => since <= waiter.since) + 1;
  const longer = queue.toSpliced(before, 0, waiter);
  if (before === 0) return { queue: longer, effects: offerHead(longer) };
  if (waiter.until <= now) return { queue, effects: [refusal(waiter, "busy")] };
  return { queue: longer, effects: probesOf(name, waiter) };
}

function offered(
  name: string,
  queue: LockQueue,
  { request, outcome }: Extract<LockEvent, { kind: "offered" }>,
  now: number,
): LockDecision {
  const waiter = queue.find((candidate) => candidate.request === request);
  if (waiter === undefined) return { queue, effects: [] };
  if (outcome === "held") {
    if (waiter.until > now) return { queue, effects: probesOf(name, waiter) };
    return { queue: queue.filter((other) => other !== waiter), effects: [refusal(waiter, "busy")] };
  }
  if (outcome === "over") {
    // All that wait under this session are gone with it.
    const gone = queue.filter(({ session }) => session === waiter.session);
    const rest = queue.filter(({ session }) => session !== waiter.session);
    return { queue: rest, effects: [...gone.map((other) => refusal(other, "over")), ...offerHead(rest)] };
  }
  const rest = queue.filter((other) => other !== waiter);
  const answer: LockEffect = { kind: "answer", to: waiter.answerTo, answer: outcome };
  const joins = waiter.mode === "shared" && rest[0]?.mode === "shared";
  return { queue: rest, effects: joins ? [answer, ...offerHead(rest)] : [answer] };
}

function cancel(queue: LockQueue, request: string): LockDecision {
  const rest = queue.filter((waiter) => waiter.request !== request);
  // It may have been offered the lock just before it gave up.
  const withdrawals: LockEffect[] = rest.length < queue.length ? [] : [{ kind: "withdraw", request }];
  return { queue: rest, effects: [...withdrawals, ...offerHead(rest)] };
}

function look(queue: LockQueue, now: number): LockDecision {
  const late = queue.filter(({ until }) => until <= now);
  const rest = queue.filter(({ until }) => until > now);
  return { queue: rest, effects: [...late.map((waiter) => refusal(waiter, "late")), ...offerHead(rest)] };
}

function giveUp(queue: LockQueue, request: string, cycle: readonly string[]): LockDecision {
  const victim = queue.find((waiter) => waiter.request === request);
  if (victim === undefined) return { queue, effects: [] };
  const rest = queue.filter((waiter) => waiter !== victim);
  const answer: LockEffect = { kind: "answer", to: victim.answerTo, answer: { cycle } };
  return { queue: rest, effects: queue[0] === victim ? [answer, ...offerHead(rest)] : [answer] };
}

function offerHead(queue: LockQueue): LockEffect[] {
  const [head] = queue;
  return head === undefined ? [] : [{ kind: "offer", waiter: head, others: queue.length > 1 }];
}

function refusal(waiter: Waiter, refused: "busy" | "late" | "over"): LockEffect {
  return { kind: "answer", to: waiter.answerTo, answer: { refused } };
}

function probesOf(name: string, { request, since, holds }: Waiter): LockEffect[] {
  return [...new Set(holds)].map((held) => ({ kind: "probe", name: held, probe: [{ name, request, since }] }));
}

function follow(name: string, queue: LockQueue, probe: LockProbe): LockEffect[] {
  const [origin] = probe;
  if (origin === undefined) return [];
  // By each lock only by way of who has waited longest: the ways of all others end where this one does.
  const ways = new Map<string, WaitsAt[]>();
  for (const { request, since, holds } of queue) {
    for (const held of holds) if (!ways.has(held)) ways.set(held, [...probe, { name, request, since }]);
  }
  const closed = ways.get(origin.name);
  const onward = [...ways]
    .filter(([held, path]) => path.length < maxHops && !path.some((at) => at.name === held))
    .slice(0, maxProbes)
    .map(([held, path]): LockEffect => ({ kind: "probe", name: held, probe: path }));
  // First of all, so that a cycle is found however much else there is to follow.
  return closed === undefined ? onward : [giveWay(closed), ...onward];
}

/** Everybody who finds a cycle picks the same one. */
function giveWay(path: LockProbe): LockEffect {
  const victim = path.reduce((youngest, at) => (isYounger(at, youngest) ? at : youngest));
  const start = path.indexOf(victim);
  const names = [...path.slice(start), ...path.slice(0, start)].map(({ name }) => name);
  return { kind: "deadlock", name: victim.name, request: victim.request, cycle: [...names, victim.name] };
}

function isYounger(one: WaitsAt, other: WaitsAt): boolean {
  return one.since > other.since || (one.since === other.since && one.request > other.request);
}
