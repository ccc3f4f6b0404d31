import type { Balancer, CallEnding, PoolMember } from "./balancer.js";
import { PerWorker } from "./per-worker.js";
import { forgiven, outMs, shareAfter } from "./slow-start.js";

/** So many failures in a row eject a worker. */
const failuresToEject = 5;
/** A worker that owes answers stalls when none came for so long (ms), or for `stallFactor` × what calls usually take. */
const minStallMs = 1_000;
const stallFactor = 10;
/** How much the latest latency moves the usual one. */
const latencyGain = 0.1;

export type EjectionCause = "failures" | "stall";

/** A worker that gets no calls for a while. */
export interface Ejection {
  readonly worker: string;
  readonly cause: EjectionCause;
  /** On the clock of the calls, in ms. */
  readonly until: number;
}

/** What the sender knows of one worker. */
interface Health {
  readonly worker: string;
  /** Failures in a row. */
  failures: number;
  /** Calls it owes an answer to, and since when none came. */
  owed: number;
  silentSince: number;
  usualMs: number | undefined;
  ejected: Ejection | undefined;
  /** How often it was ejected, less what was forgiven. */
  ejections: number;
  /** `undefined`: it never was out. */
  backAt: number | undefined;
}

/**
 * Takes workers that fail or stall out of the choice of another balancer for a while: the outlier detection of Envoy and of gRPC
 * (proposal A50), by consecutive failures.
 *
 * A worker is ejected after 5 calls in a row that failed or were lost, or when it stalls: it owes answers, and none came for
 * 10 × as long as calls usually take, at least 1 s. It is out for 10 s, twice as long each time up to 5 min, and comes back
 * with a tenth of its share, which is whole after 10 s. Every 10 s in service forgive one ejection. At most half of the workers
 * are out, so never the last one.
 */
export class OutlierEjection implements Balancer {
  readonly #inner: Balancer;
  readonly #onEjected: (ejection: Ejection) => void;
  readonly #health = new PerWorker(newcomer);
  /** What calls usually take, whoever answers; `undefined`: nobody has yet. */
  #usualMs: number | undefined;

  /** @param onEjected told of each worker that is out from now on */
  constructor(inner: Balancer, onEjected: (ejection: Ejection) => void = () => {}) {
    this.#inner = inner;
    this.#onEjected = onEjected;
  }

  pick(workers: readonly PoolMember[], now: number, random: () => number): string | undefined {
    this.#health.members(workers);
    this.#judge(workers.length, now);
    return this.#inner.pick(this.#choice(workers, now, random), now, random);
  }

  sent(worker: string, now: number): void {
    const health = this.#health.get(worker);
    if (health?.owed === 0) health.silentSince = now;
    if (health) health.owed += 1;
    this.#inner.sent(worker, now);
  }

  ended(worker: string, latencyMs: number | undefined, ending: CallEnding, now: number): void {
    const health = this.#health.get(worker);
    if (health) this.#note(health, latencyMs, ending, now);
    this.#inner.ended(worker, latencyMs, ending, now);
  }

  /** Who is out. */
  ejections(now: number): readonly Ejection[] {
    return [...this.#health.all()].flatMap(({ ejected }) => (ejected && ejected.until > now ? [ejected] : []));
  }

  #note(health: Health, latencyMs: number | undefined, ending: CallEnding, now: number): void {
    health.owed = Math.max(0, health.owed - 1);
    if (ending !== "ok") {
      health.failures += 1;
      return;
    }
    health.failures = 0;
    health.silentSince = now;
    if (latencyMs === undefined) return;
    health.usualMs = moved(health.usualMs, latencyMs);
    this.#usualMs = moved(this.#usualMs, latencyMs);
  }

  /** Lets in again whose time is over, and who is next if too many are out; then ejects as many as may be out. */
  #judge(workers: number, now: number): void {
    const most = Math.floor(workers / 2);
    const out = [...this.#health.all()].filter(({ ejected }) => ejected !== undefined);
    out.sort((a, b) => b.ejected!.until - a.ejected!.until);
    while (out.length > most || (out.length > 0 && out.at(-1)!.ejected!.until <= now)) comeBack(out.pop()!, now);
    let room = most - out.length;
    for (const health of this.#health.all()) {
      if (room === 0) return;
      const cause = health.ejected === undefined ? this.#causeToEject(health, now) : undefined;
      if (cause === undefined) continue;
      this.#onEjected(eject(health, cause, now));
      room -= 1;
    }
  }

  #causeToEject({ failures, owed, silentSince, usualMs = 0 }: Health, now: number): EjectionCause | undefined {
    if (failures >= failuresToEject) return "failures";
    if (owed === 0 || this.#usualMs === undefined) return undefined;
    const stallMs = Math.max(minStallMs, stallFactor * Math.max(usualMs, this.#usualMs));
    return now - silentSince >= stallMs ? "stall" : undefined;
  }

  /** Who is out has weight 0, and so has one that is on its way back, as often as its share is not whole. One who is out is better than nobody. */
  #choice(workers: readonly PoolMember[], now: number, random: () => number): readonly PoolMember[] {
    const able = workers.map((member) => (this.#health.get(member.id)?.ejected ? { ...member, weight: 0 } : member));
    const chosen = able.map((member) => {
      const backAt = this.#health.get(member.id)?.backAt;
      if (backAt === undefined || member.weight === 0) return member;
      const share = shareAfter(now - backAt);
      return share === 1 || random() < share ? member : { ...member, weight: 0 };
    });
    return [chosen, able].find((members) => members.some(({ weight }) => weight > 0)) ?? workers;
  }
}

function newcomer(worker: string): Health {
  return {
    worker,
    failures: 0,
    owed: 0,
    silentSince: 0,
    usualMs: undefined,
    ejected: undefined,
    ejections: 0,
    backAt: undefined,
  };
}

function eject(health: Health, cause: EjectionCause, now: number): Ejection {
  const { worker, ejections, backAt = now } = health;
  const before = forgiven(ejections, now - backAt);
  health.ejections = before + 1;
  return (health.ejected = { worker, cause, until: now + outMs(before) });
}

/** What it owed or failed before is no longer held against it: it is judged by what it gets from now on. */
function comeBack(health: Health, now: number): void {
  health.ejected = undefined;
  health.backAt = now;
  health.failures = 0;
  health.owed = 0;
}

function moved(usualMs: number | undefined, latencyMs: number): number {
  return usualMs === undefined ? latencyMs : usualMs + latencyGain * (latencyMs - usualMs);
}
