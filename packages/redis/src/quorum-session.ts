import type { LockOffer } from "@actor-runtime/core";

/** What a session claimed, and on which servers. */
interface Claim {
  readonly offer: LockOffer;
  readonly on: Set<number>;
  /** A majority confirmed it: the session's end is its end too. */
  held: boolean;
}

/** The latest moment until which this many of them last. */
export function lastsUntil(untils: readonly number[], many: number): number {
  return [...untils].sort((a, b) => b - a)[many - 1] ?? Number.NEGATIVE_INFINITY;
}

/**
 * What is known of a session on each server of a quorum. A lock is held as long as a majority of the servers have both: its
 * claim, and the session. It is not enough that a majority have each: they might be two different majorities.
 */
export class QuorumSession {
  readonly id: string;
  /** The latest end that anybody was told: no claim may count on less. */
  promised = Number.NEGATIVE_INFINITY;
  readonly #majority: number;
  /** Until when it lasts on each server. */
  readonly #untils: number[];
  readonly #claims = new Map<string, Claim>();

  constructor(id: string, servers: number, majority: number) {
    this.id = id;
    this.#majority = majority;
    this.#untils = Array<number>(servers).fill(Number.NEGATIVE_INFINITY);
  }

  /** Until when a majority of the servers keep it, and each of its locks. */
  get until(): number {
    const ends = [lastsUntil(this.#untils, this.#majority)];
    for (const { on, held } of this.#claims.values()) {
      if (!held) continue;
      const untils = Array.from(on, (server) => this.#untils[server]!);
      ends.push(lastsUntil(untils, this.#majority));
    }
    return Math.min(...ends);
  }

  /** Whether the server has it, as far as known. */
  isOn(server: number): boolean {
    return this.#untils[server]! > Number.NEGATIVE_INFINITY;
  }

  kept(server: number, until: number): void {
    this.#untils[server] = Math.max(this.#untils[server]!, until);
  }

  /** It has ended on this server, and with it all that was claimed there. */
  endedOn(server: number): void {
    this.#untils[server] = Number.NEGATIVE_INFINITY;
    for (const { on } of this.#claims.values()) on.delete(server);
  }

  /** Notes a claim that is going to be made, or made again. */
  claiming(offer: LockOffer): Claim {
    const key = keyOf(offer);
    const claim = this.#claims.get(key) ?? { offer, on: new Set(), held: false };
    this.#claims.set(key, claim);
    return claim;
  }

  /** Whether a majority is among these servers that keep the session for as long as was promised. */
  isMajority(servers: Iterable<number>): boolean {
    let count = 0;
    for (const server of servers) if (this.#untils[server]! >= this.promised) count += 1;
    return count >= this.#majority;
  }

  forget(request: Pick<LockOffer, "name" | "request">): void {
    this.#claims.delete(keyOf(request));
  }

  /** Locks that are held, and that this server does not have. */
  missingOn(server: number): Claim[] {
    return [...this.#claims.values()].filter(({ on, held }) => held && !on.has(server));
  }

  isCurrent(claim: Claim): boolean {
    return this.#claims.get(keyOf(claim.offer)) === claim;
  }
}

function keyOf({ name, request }: Pick<LockOffer, "name" | "request">): string {
  return JSON.stringify([name, request]);
}
