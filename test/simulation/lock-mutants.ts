import type { LockLeases, LockSession } from "@actor-runtime/core";
import { type Ports, Registry, systemActors } from "@actor-runtime/runtime";
import type { Mutant } from "./mutant.js";

export const lockMutants: readonly Mutant[] = [
  { title: "all offers of a lock have one fence", within: 5, make: () => overLocks({ offer: oneFence }) },
  { title: "a claim that comes too late counts", within: 60, make: () => overLocks({ claim: alwaysClaimed }) },
  { title: "an offer never runs out", within: 60, make: () => overLocks({ offer: neverOver }) },
  { title: "a claim outlives the session it was made for", within: 10, make: () => claimedForEver() },
  { title: "the holder hears of its loss only by a renewal that fails", within: 40, make: () => withoutClock() },
  { title: "a session that has ended is revived by its renewal", within: 60, make: () => revived() },
  { title: "a release frees the lock whoever holds it", within: 10, make: () => overLocks({ release: everybody }) },
  { title: "a writer joins readers", within: 5, make: () => overLocks({ offer: alwaysShared }) },
  { title: "a lock actor believes its memory and not the store", within: 20, make: () => ownMemory() },
  { title: "a newcomer overtakes the queue", within: 10, breakCode: () => patched("acquire", overtaking) },
  { title: "a waiter who has gone keeps its place", within: 10, breakCode: () => neverGone() },
  { title: "nobody looks who waits for whom", within: 5, breakCode: () => patched("probe", () => async () => {}) },
];

type Part = { readonly [K in keyof LockLeases]?: (leases: LockLeases, ports: Ports) => LockLeases[K] };

function overLocks(part: Part): (ports: Ports) => Ports {
  return (ports) => {
    const { locks } = ports;
    const replacements = new Map(Object.entries(part));
    const broken = new Proxy(locks, {
      get(_, key) {
        const replacement = replacements.get(String(key));
        if (replacement) return replacement(locks, ports);
        const member: unknown = Reflect.get(locks, key);
        return typeof member === "function" ? member.bind(locks) : member;
      },
    });
    return { ...ports, locks: broken };
  };
}

function oneFence(leases: LockLeases): LockLeases["offer"] {
  return async (request, options) => {
    const made = await leases.offer(request, options);
    return "offer" in made ? { offer: { ...made.offer, fence: 1 } } : made;
  };
}

function alwaysClaimed(leases: LockLeases): LockLeases["claim"] {
  return async (offer, session) => {
    await leases.claim(offer, session);
    return true;
  };
}

function neverOver(leases: LockLeases): LockLeases["offer"] {
  return (request, options) => leases.offer(request, { ...options, claimMs: 3_600_000 });
}

/** Every process has one session that it neither renews nor ends. */
function claimedForEver(): (ports: Ports) => Ports {
  return (ports) => {
    let eternal: Promise<LockSession> | undefined;
    const claim = (leases: LockLeases): LockLeases["claim"] => {
      return async (offer) => {
        eternal ??= leases.open(`eternal ${ports.random.id()}`, 3_600_000);
        return leases.claim(offer, await eternal);
      };
    };
    return overLocks({ claim })(ports);
  };
}

const untilForEver = (session: LockSession): LockSession => ({ ...session, until: Number.MAX_SAFE_INTEGER });

function withoutClock(): (ports: Ports) => Ports {
  return overLocks({
    open: (leases) => async (id, ttlMs) => untilForEver(await leases.open(id, ttlMs)),
    renew: (leases) => async (session, ttlMs) => {
      const renewed = await leases.renew(session, ttlMs);
      return renewed && untilForEver(renewed);
    },
  });
}

/** Whoever looks at his clock would not renew it any more. */
function revived(): (ports: Ports) => Ports {
  return overLocks({
    open: (leases) => async (id, ttlMs) => untilForEver(await leases.open(id, ttlMs)),
    renew: (leases) => async (session, ttlMs) => {
      return untilForEver((await leases.renew(session, ttlMs)) ?? (await leases.open(session.id, ttlMs)));
    },
  });
}

function everybody(leases: LockLeases): LockLeases["release"] {
  return async ({ name, request }) => {
    const held = await leases.inspect(name);
    let { wanted } = await leases.release({ name, request });
    for (const holder of held?.holders ?? []) {
      wanted = (await leases.release({ name, request: holder.request })).wanted || wanted;
    }
    return { wanted };
  };
}

function alwaysShared(leases: LockLeases): LockLeases["offer"] {
  return (request, options) => leases.offer({ ...request, mode: "shared" }, options);
}

/** What another worker has offered, this one knows nothing of. */
function ownMemory(): (ports: Ports) => Ports {
  return (ports) => {
    const offered = new Set<string>();
    const offer = (leases: LockLeases): LockLeases["offer"] => {
      return async (request, options) => {
        const held = await leases.inspect(request.name);
        for (const holder of held?.holders ?? []) {
          if (!offered.has(holder.request)) await leases.release({ name: request.name, request: holder.request });
        }
        offered.add(request.request);
        return leases.offer(request, options);
      };
    };
    return overLocks({ offer })(ports);
  };
}

// ---- in the lock actor

interface Waiting {
  readonly request: string;
  readonly until: number;
}

interface LockActor {
  waiting: readonly Waiting[];
}

type Handler = (this: LockActor, ...args: unknown[]) => Promise<unknown>;

/** @returns undoes it */
function patched(name: string, broken: (original: Handler) => Handler): () => void {
  const [definition] = Registry.of(systemActors);
  const method = definition!.methods.get(name) as unknown as { run: Handler };
  const { run } = method;
  method.run = broken(run);
  return () => {
    method.run = run;
  };
}

function overtaking(acquire: Handler): Handler {
  return async function (asked) {
    const before = this.waiting.length;
    const answer = await acquire.call(this, asked);
    const last = this.waiting.at(-1);
    if (last !== undefined && this.waiting.length > before) this.waiting = [last, ...this.waiting.slice(0, -1)];
    return answer;
  };
}

function neverGone(): () => void {
  const undo = [
    patched("cancel", () => async () => {}),
    patched(
      "acquire",
      (acquire) =>
        async function (asked) {
          const answer = await acquire.call(this, asked);
          this.waiting = this.waiting.map((waiter) => ({ ...waiter, until: waiter.until + 3_600_000 }));
          return answer;
        },
    ),
  ];
  return () => {
    for (const one of undo) one();
  };
}
