import { ConfigError } from "../model/errors.js";
import { hashKey } from "./hash.js";

export interface RingMember {
  /** Its virtual nodes are hashed from it, so a member has the same places on every machine. */
  readonly name: string;
  /** Its share of the keys relative to others: above 0, at most 100; default 1. */
  readonly weight?: number;
}

export interface RingOptions {
  /** Virtual nodes of a member of weight 1; default 128, which spreads shares by a standard deviation of about 9 %. */
  readonly virtualNodes?: number;
}

/** A bound, so that one mistaken weight cannot fill the memory of every process that builds the ring. */
export const maxWeight = 100;
/** Room for the rank of a member beside a 32-bit hash in a float's 53 bits. */
const ranks = 2 ** 20;

/**
 * A consistent-hash ring: every key has a member, and a member that comes or goes changes only its own share of the keys
 * (Karger, Lehman, Leighton, Panigrahy, Levine, Lewin, "Consistent Hashing and Random Trees", STOC 1997). Each member has
 * `virtualNodes · weight` points on the circle of 32-bit hashes, at `hashKey("name#0")`, `hashKey("name#1")`, …; a key
 * belongs to the first point at or after its own hash. Where two members share a point, the name that sorts first has it.
 * Shares of members of equal weight have a standard deviation of about 1/√virtualNodes.
 *
 * A ring never changes: {@link add} and {@link remove} return another. Building one costs O(V log V) for V points in all
 * (about 2 ms for 64 members of 128), a lookup O(log V); a point takes 8 bytes.
 *
 * @example
 * const ring = new ConsistentHashRing([{ name: "a" }, { name: "b" }, { name: "c", weight: 2 }]);
 * ring.lookup("order 4711"); // the member for this key
 * ring.add("d").lookup("order 4711"); // the same, or "d"
 * [...ring.walk("order 4711")].slice(0, 2); // two distinct members for two copies
 * ring.assign(keys, 1.1); // nobody gets more than 1.1 times its share
 */
export class ConsistentHashRing {
  /** By name. */
  readonly #members: readonly Required<RingMember>[];
  /** Ascending; each is `hash · 2^20 + rank of the member`, so that sorting numbers orders equal hashes by name. */
  readonly #points: Float64Array;
  readonly #virtualNodes: number;

  /** @throws ConfigError if a weight or `virtualNodes` is out of bounds, or two members have one name */
  constructor(members: Iterable<RingMember> = [], { virtualNodes = 128 }: RingOptions = {}) {
    if (!Number.isInteger(virtualNodes) || virtualNodes < 1) {
      throw new ConfigError(`virtualNodes is ${virtualNodes}, it must be a whole number from 1 on`);
    }
    this.#virtualNodes = virtualNodes;
    this.#members = Array.from(members, checked).sort((a, b) => (a.name < b.name ? -1 : 1));
    const counts = this.#members.map(({ weight }) => Math.max(1, Math.round(weight * virtualNodes)));
    this.#points = new Float64Array(counts.reduce((sum, count) => sum + count, 0));
    let next = 0;
    for (const [rank, { name }] of this.#members.entries()) {
      if (name === this.#members[rank - 1]?.name) {
        throw new ConfigError(`member "${name}" is on the ring already; remove it first to change its weight`);
      }
      for (let node = 0; node < counts[rank]!; node++) this.#points[next++] = hashKey(`${name}#${node}`) * ranks + rank;
    }
    this.#points.sort();
  }

  /** By name. */
  get members(): readonly Required<RingMember>[] {
    return this.#members;
  }

  /**
   * The ring with another member, which takes its share from all others; no other key changes its member.
   *
   * @throws ConfigError if the name is on the ring already or the weight is out of bounds
   */
  add(name: string, weight = 1): ConsistentHashRing {
    return this.#with([...this.#members, { name, weight }]);
  }

  /**
   * The ring without this member, whose keys fall to the others; no other key changes its member.
   *
   * @throws ConfigError if there is none of this name
   */
  remove(name: string): ConsistentHashRing {
    const rest = this.#members.filter((member) => member.name !== name);
    if (rest.length === this.#members.length) {
      throw new ConfigError(`there is no member "${name}" on the ring to remove; see its members`);
    }
    return this.#with(rest);
  }

  /**
   * The member a key belongs to: the first from the key on that is accepted (any, if nothing is given).
   *
   * @returns `undefined` if nobody is accepted or the ring is empty
   */
  lookup(key: string, accepts?: (name: string) => boolean): string | undefined {
    const start = this.#start(key);
    for (let passed = 0; passed < this.#points.length; passed++) {
      const name = this.#nameAt(start + passed);
      if (!accepts || accepts(name)) return name;
    }
    return undefined;
  }

  /** All members in the order in which they come from the key on, each once: the owner, then who would follow it. */
  *walk(key: string): Generator<string, void, undefined> {
    const start = this.#start(key);
    const met = new Set<string>();
    for (let passed = 0; met.size < this.#members.length; passed++) {
      const name = this.#nameAt(start + passed);
      if (met.has(name)) continue;
      met.add(name);
      yield name;
    }
  }

  /**
   * Consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam, SODA 2018): every key goes to the first member
   * from it on that has room, and nobody gets more than ⌈loadFactor · keys · weight / Σ weights⌉. Keys are taken in the
   * order of their hashes, so equal sets of keys are assigned alike. The lower the factor, the more keys a change moves
   * besides those it must.
   *
   * @param loadFactor at least 1 (exact balance), default 1.25
   * @returns member by key
   * @throws ConfigError if `loadFactor` is below 1 or there are keys but no members
   */
  assign(keys: Iterable<string>, loadFactor = 1.25): Map<string, string> {
    if (!(loadFactor >= 1)) throw new ConfigError(`loadFactor is ${loadFactor}, it must be at least 1`);
    const sorted = Array.from(new Set(keys), (key) => ({ key, hash: hashKey(key) })).sort(
      (a, b) => a.hash - b.hash || (a.key < b.key ? -1 : 1),
    );
    const total = this.#members.reduce((sum, { weight }) => sum + weight, 0);
    // 1.1 · 100 / 10 is 11.000000000000002 in floating point, and nobody means 12.
    const capacity = (weight: number) => Math.ceil((loadFactor * sorted.length * weight) / total - 1e-9);
    const room = new Map(this.#members.map(({ name, weight }) => [name, capacity(weight)]));
    return new Map(
      sorted.map(({ key }) => {
        const name = this.lookup(key, (member) => room.get(member)! > 0);
        if (name === undefined) throw new ConfigError("the ring has no members to assign keys to; add one");
        room.set(name, room.get(name)! - 1);
        return [key, name];
      }),
    );
  }

  #with(members: readonly RingMember[]): ConsistentHashRing {
    return new ConsistentHashRing(members, { virtualNodes: this.#virtualNodes });
  }

  /** Index of the first point at or after the key's hash; past the last one the circle begins anew. */
  #start(key: string): number {
    const target = hashKey(key) * ranks;
    let low = 0;
    let high = this.#points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#points[middle]! < target) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #nameAt(index: number): string {
    return this.#members[this.#points[index % this.#points.length]! % ranks]!.name;
  }
}

function checked({ name, weight = 1 }: RingMember): Required<RingMember> {
  if (weight > 0 && weight <= maxWeight) return { name, weight };
  throw new ConfigError(`weight of member "${name}" is ${weight}, it must be above 0 and at most ${maxWeight}`);
}
