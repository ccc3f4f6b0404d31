import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Holder, inTheWay, isOlder, maxReaders, wounds } from "./wound-wait.js";

const reader = (id: string, since: number): Holder => ({ id, since, mode: "shared" });
const writer = (id: string, since: number): Holder => ({ id, since, mode: "exclusive" });
const ids = (holders: readonly Holder[]) => holders.map(({ id }) => id);

const holder = fc.record({
  id: fc.integer({ min: 0, max: 30 }).map((number) => `t${number}`),
  since: fc.integer({ min: 0, max: 5 }),
  mode: fc.constantFrom("shared" as const, "exclusive" as const),
});
/** Who may hold one actor together: readers, or one writer. */
const holders = fc
  .uniqueArray(holder, { selector: ({ id }) => id, maxLength: 8 })
  .map((all) => (all[0]?.mode === "exclusive" ? all.slice(0, 1) : all.filter(({ mode }) => mode === "shared")));

describe("which of two transactions is older", () => {
  it("is agreed on by any two of them, and by any three", () => {
    fc.assert(
      fc.property(holder, holder, holder, (a, b, c) => {
        if (a.id !== b.id) expect(isOlder(a, b)).toBe(!isOlder(b, a));
        expect(isOlder(a, { ...a })).toBe(false);
        if (isOlder(a, b) && isOlder(b, c)) expect(isOlder(a, c)).toBe(true);
      }),
    );
  });
});

describe("who is in the way", () => {
  it.each([
    ["a reader of a free actor", [], reader("a", 1), []],
    ["a writer of a free actor", [], writer("a", 1), []],
    ["a reader beside readers", [reader("b", 1), reader("c", 2)], reader("a", 3), []],
    ["a reader behind a writer", [writer("b", 1)], reader("a", 0), ["b"]],
    ["a writer behind readers", [reader("b", 1), reader("c", 2)], writer("a", 0), ["b", "c"]],
    ["a writer behind a writer", [writer("b", 1)], writer("a", 0), ["b"]],
    ["a reader that reads again", [reader("a", 1), reader("b", 1)], reader("a", 1), []],
    ["a reader that wants to write", [reader("a", 1), reader("b", 1)], writer("a", 1), ["b"]],
    ["the only reader that wants to write", [reader("a", 1)], writer("a", 1), []],
    ["a writer that reads", [writer("a", 1)], reader("a", 1), []],
    ["a writer that writes again", [writer("a", 1)], writer("a", 1), []],
  ])("of %s", (_, held, wanted, expected) => {
    expect(ids(inTheWay(held, wanted))).toEqual(expected);
  });

  it("P12: is the youngest of the readers once they are as many as may be", () => {
    const readers = Array.from({ length: maxReaders }, (_, number) => reader(`r${number}`, (number * 7) % maxReaders));
    expect(inTheWay(readers.slice(1), reader("next", 1_000))).toEqual([]);
    expect(inTheWay(readers, reader("next", 1_000)).map(({ since }) => since)).toEqual([maxReaders - 1]);
    expect(inTheWay(readers, readers[3]!)).toEqual([]);
    expect(inTheWay(readers, { ...readers[3]!, mode: "exclusive" })).toHaveLength(maxReaders - 1);
  });

  it("an older reader that found the actor full of readers made all of them give way", () => {
    const readers = Array.from({ length: maxReaders }, (_, number) => reader(`r${number}`, 10 + number));
    expect(wounds(readers, reader("old", 1)).map(({ since }) => since)).toEqual([10 + maxReaders - 1]);
    expect(wounds(readers, reader("young", 1_000))).toEqual([]);
  });

  it("gives way if it is younger, and nobody else does", () => {
    fc.assert(
      fc.property(holders, holder, (held, wanted) => {
        const way = inTheWay(held, wanted);
        const given = wounds(held, wanted);
        expect(ids(way)).not.toContain(wanted.id);
        expect(way.every((other) => given.includes(other) === isOlder(wanted, other))).toBe(true);
        expect(given.every((other) => way.includes(other))).toBe(true);
      }),
    );
  });
});

/** Some actors, who holds them, and who waits for which of them. */
class Actors {
  readonly held: Holder[][];
  readonly waiting = new Map<string, { actor: number; wanted: Holder }>();

  constructor(count: number) {
    this.held = Array.from({ length: count }, () => []);
  }

  want(actor: number, wanted: Holder): void {
    if (this.waiting.has(wanted.id)) return;
    this.waiting.set(wanted.id, { actor, wanted });
    this.settle();
  }

  end(id: string): void {
    this.waiting.delete(id);
    for (const [actor, holding] of this.held.entries()) this.held[actor] = holding.filter((other) => other.id !== id);
  }

  /** Lets all go on who may, and all give way who have to, until nothing changes. */
  settle(): void {
    for (let changes = true; changes; ) {
      changes = false;
      for (const { actor, wanted } of [...this.waiting.values()]) {
        const [given] = wounds(this.held[actor]!, wanted);
        if (given !== undefined) {
          this.end(given.id);
          changes = true;
        } else if (inTheWay(this.held[actor]!, wanted).length === 0) {
          this.waiting.delete(wanted.id);
          this.held[actor] = [...this.held[actor]!.filter(({ id }) => id !== wanted.id), wanted];
          changes = true;
        }
      }
    }
  }
}

describe("transactions that take actors in any order", () => {
  const step = fc.record({
    transaction: fc.integer({ min: 0, max: 7 }),
    actor: fc.integer({ min: 0, max: 3 }),
    mode: fc.constantFrom("shared" as const, "exclusive" as const),
    end: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
  });

  it("wait for older ones only, so that there is no circle, and one of them can always go on", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const actors = new Actors(4);
        for (const { transaction, actor, mode, end } of steps) {
          const id = `t${transaction}`;
          if (end) {
            actors.end(id);
            actors.settle();
          } else {
            const own = actors.held[actor]!.find((holding) => holding.id === id);
            actors.want(actor, { id, since: (transaction * 5) % 4, mode: own?.mode === "exclusive" ? own.mode : mode });
          }
          for (const { actor: at, wanted } of actors.waiting.values()) {
            const way = inTheWay(actors.held[at]!, wanted);
            expect(way.length).toBeGreaterThan(0);
            expect(way.every((other) => isOlder(other, wanted))).toBe(true);
          }
          for (const holding of actors.held) {
            expect(holding.length <= 1 || holding.every((other) => other.mode === "shared")).toBe(true);
          }
          const waiters = [...actors.waiting.values()].map(({ wanted }) => wanted);
          const blockers = actors.held.flat().filter((other) => !actors.waiting.has(other.id));
          expect(waiters.length === 0 || blockers.length > 0).toBe(true);
        }
      }),
    );
  });
});
