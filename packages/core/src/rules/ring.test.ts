import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError } from "../model/errors.js";
import { ConsistentHashRing, type RingMember } from "./ring.js";

const equal = (count: number, prefix = "w"): RingMember[] =>
  Array.from({ length: count }, (_, index) => ({ name: `${prefix}${index}` }));
const sample = (count: number) => Array.from({ length: count }, (_, index) => `key ${index}`);
const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, number) => total + number, 0);

function countsOf(owners: Iterable<string | undefined>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const owner of owners) counts.set(owner!, (counts.get(owner!) ?? 0) + 1);
  return counts;
}

const weight = fc.constantFrom(0.25, 0.5, 1, 1, 1, 2, 3.5);
const members = (minLength: number) =>
  fc.uniqueArray(fc.record({ name: fc.string({ unit: "grapheme" }), weight }), {
    minLength,
    maxLength: 20,
    selector: ({ name }) => name,
  });
const keys = fc.array(fc.string(), { maxLength: 60 });
/** Few points, so that runs of one member and small shares happen. */
const few = { virtualNodes: 8 };

describe("ConsistentHashRing", () => {
  it("moves keys only to a member that comes and only from one that goes", () => {
    fc.assert(
      fc.property(members(2), keys, ([newcomer, ...rest], texts) => {
        const without = new ConsistentHashRing(rest, few);
        const added = without.add(newcomer!.name, newcomer!.weight);
        const removed = added.remove(newcomer!.name);
        for (const key of texts) {
          const after = added.lookup(key);
          if (after !== newcomer!.name) expect(after).toBe(without.lookup(key));
          expect(removed.lookup(key)).toBe(without.lookup(key));
        }
      }),
    );
  });

  it("is the same in whatever order its members came", () => {
    fc.assert(
      fc.property(members(1), keys, (given, texts) => {
        const one = new ConsistentHashRing(given, few);
        const other = given
          .toReversed()
          .reduce((ring, m) => ring.add(m.name, m.weight), new ConsistentHashRing([], few));
        expect(other.members).toEqual(one.members);
        for (const key of texts) expect(other.lookup(key)).toBe(one.lookup(key));
      }),
    );
  });

  it("walks from the owner over every member once, in an order that a leaver does not change", () => {
    fc.assert(
      fc.property(members(1), fc.string(), fc.nat(), (given, key, which) => {
        const ring = new ConsistentHashRing(given, few);
        const walk = [...ring.walk(key)];
        expect(walk[0]).toBe(ring.lookup(key));
        expect(walk.toSorted()).toEqual(given.map(({ name }) => name).toSorted());
        const leaver = walk[which % walk.length]!;
        expect([...ring.remove(leaver).walk(key)]).toEqual(walk.filter((name) => name !== leaver));
        expect(ring.lookup(key, (name) => name === leaver)).toBe(leaver);
      }),
    );
  });

  it("of nobody has no member for any key", () => {
    const ring = new ConsistentHashRing();
    expect(ring.lookup("a")).toBeUndefined();
    expect([...ring.walk("a")]).toEqual([]);
    expect(ring.assign([])).toEqual(new Map());
    expect(new ConsistentHashRing(equal(3)).lookup("a", () => false)).toBeUndefined();
  });

  it("gives a key that falls on a point to that point's member", () => {
    const ring = new ConsistentHashRing(equal(9));
    for (const { name } of ring.members) expect(ring.lookup(`${name}#7`)).toBe(name);
  });

  it("gives a point that two members share to the name that sorts first", () => {
    // Of one virtual node each; hashKey("worker-c3n2h1#0") and hashKey("worker-uqz1ee#0") are equal.
    const pair = [{ name: "worker-uqz1ee" }, { name: "worker-c3n2h1" }];
    const ring = new ConsistentHashRing(pair, { virtualNodes: 1 });
    for (const key of sample(20)) expect([...ring.walk(key)]).toEqual(["worker-c3n2h1", "worker-uqz1ee"]);
  });
});

describe("the shares of a ring's members", () => {
  const texts = sample(32_768);
  /** Shares relative to the mean, of all members of ten rings. */
  const shares = (count: number, virtualNodes: number) =>
    Array.from({ length: 10 }, (_, run) => {
      const ring = new ConsistentHashRing(equal(count, `run ${run}, worker `), { virtualNodes });
      return [...countsOf(texts.map((key) => ring.lookup(key))).values()].map((held) => (held * count) / texts.length);
    });

  it.each([32, 128, 512])("have a standard deviation of 1/√v of the mean, within a sixth: v = %i", (virtualNodes) => {
    const deviations = shares(16, virtualNodes).flat();
    const deviation = Math.sqrt(sum(deviations.map((share) => (share - 1) ** 2)) / deviations.length);
    expect(Math.abs(deviation * Math.sqrt(virtualNodes) - 1)).toBeLessThan(1 / 6);
  });

  it.each([
    [8, 1.3],
    [16, 1.35],
    [64, 1.4],
  ])("are for v = 128 and %i members at most %d times the mean", (count, most) => {
    expect(Math.max(...shares(count, 128).flat())).toBeLessThan(most);
  });

  it("follow their weights: of 16 in all, 1, 2 and 4 get 6, 12 and 25 %, within a quarter", () => {
    const weighted = { one: 1, two: 2, four: 4 };
    const others = equal(9);
    const ring = new ConsistentHashRing([
      ...others,
      ...Object.entries(weighted).map(([name, w]) => ({ name, weight: w })),
    ]);
    const counts = countsOf(texts.map((key) => ring.lookup(key)));
    for (const [name, of16] of Object.entries(weighted)) {
      expect(Math.abs((counts.get(name)! / texts.length) * (16 / of16) - 1)).toBeLessThan(1 / 4);
    }
  });

  it("go to a newcomer by w/Σw on average, within a tenth: over 20 rings of 16 members", () => {
    for (const joining of [1, 2]) {
      const moved = Array.from({ length: 20 }, (_, run) => {
        const before = new ConsistentHashRing(equal(16, `run ${run}, worker `));
        const after = before.add(`newcomer ${run}`, joining);
        return texts.slice(0, 8_192).filter((key) => before.lookup(key) !== after.lookup(key)).length / 8_192;
      });
      expect(Math.abs((sum(moved) / 20) * ((16 + joining) / joining) - 1)).toBeLessThan(1 / 10);
    }
  });
});

describe("bounded-load assignment", () => {
  it("gives nobody more than ⌈c·n·wᵢ/Σw⌉ and every key the first member with room", () => {
    fc.assert(
      fc.property(members(1), keys, fc.constantFrom(1, 1.1, 1.25, 2), (given, texts, factor) => {
        const ring = new ConsistentHashRing(given, few);
        const assigned = ring.assign(texts, factor);
        const total = sum(given.map((member) => member.weight));
        const n = new Set(texts).size;
        const capacity = new Map(given.map((m) => [m.name, Math.ceil((factor * n * m.weight) / total - 1e-9)]));
        const counts = countsOf(assigned.values());
        expect(new Set(assigned.keys())).toEqual(new Set(texts));
        for (const [name, count] of counts) expect(count).toBeLessThanOrEqual(capacity.get(name)!);
        for (const [key, owner] of assigned) {
          for (const name of ring.walk(key)) {
            if (name === owner) break;
            expect(counts.get(name), `${name} was passed though it had room`).toBe(capacity.get(name));
          }
        }
      }),
    );
  });

  it("is the same in whatever order the keys are given", () => {
    fc.assert(
      fc.property(members(1), keys, (given, texts) => {
        const ring = new ConsistentHashRing(given, few);
        expect([...ring.assign(texts.toReversed(), 1)]).toEqual([...ring.assign(texts, 1)]);
      }),
    );
  });

  it("allows 11 and not 12 of 100 keys to each of 10 members for c = 1.1", () => {
    const counts = countsOf(new ConsistentHashRing(equal(10)).assign(sample(100), 1.1).values());
    expect(Math.max(...counts.values())).toBe(11);
  });

  it.each([
    [1, 1.75],
    [1.25, 1.1],
    [2, 1.01],
  ])(
    "with c = %d moves at most %d times what the newcomer gets: 1,024 keys, 16 members, average of 10 rings",
    (factor, most) => {
      const texts = sample(1_024);
      const overheads = Array.from({ length: 10 }, (_, run) => {
        const ring = new ConsistentHashRing(equal(16, `run ${run}, worker `));
        const before = ring.assign(texts, factor);
        const after = ring.add(`newcomer ${run}`).assign(texts, factor);
        const moved = texts.filter((key) => before.get(key) !== after.get(key)).length;
        return moved / countsOf(after.values()).get(`newcomer ${run}`)!;
      });
      expect(sum(overheads) / 10).toBeLessThan(most);
      expect(sum(overheads) / 10).toBeGreaterThanOrEqual(1);
    },
  );
});

describe("a mistake with a ring", () => {
  const ring = new ConsistentHashRing([{ name: "a" }]);

  it.each([
    ["a name twice", () => ring.add("a", 2), 'member "a" is on the ring already; remove it first to change its weight'],
    [
      "removing who is not there",
      () => ring.remove("b"),
      'there is no member "b" on the ring to remove; see its members',
    ],
    ["no weight", () => ring.add("b", 0), 'weight of member "b" is 0, it must be above 0 and at most 100'],
    [
      "a weight of NaN",
      () => ring.add("b", Number.NaN),
      'weight of member "b" is NaN, it must be above 0 and at most 100',
    ],
    ["a huge weight", () => ring.add("b", 4096), 'weight of member "b" is 4096, it must be above 0 and at most 100'],
    [
      "half a virtual node",
      () => new ConsistentHashRing([], { virtualNodes: 0.5 }),
      "virtualNodes is 0.5, it must be a whole number from 1 on",
    ],
    ["a load factor below 1", () => ring.assign(["k"], 0.9), "loadFactor is 0.9, it must be at least 1"],
    ["a load factor of NaN", () => ring.assign(["k"], Number.NaN), "loadFactor is NaN, it must be at least 1"],
    ["keys for nobody", () => ring.remove("a").assign(["k"]), "the ring has no members to assign keys to; add one"],
  ])("is named with its fix: %s", (_, mistake, message) => {
    expect(mistake).toThrow(new ConfigError(message));
  });
});
