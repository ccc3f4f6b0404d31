import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decideLock,
  type LockAnswer,
  type LockEffect,
  type LockEvent,
  type LockProbe,
  type LockQueue,
  type Waiter,
} from "./lock.js";

const now = 1_000;

function waiter(request: string, given: Partial<Waiter> = {}): Waiter {
  return {
    request,
    mode: "exclusive",
    session: `session-${request}`,
    holds: [],
    since: now,
    until: now + 500,
    answerTo: { replyTo: "caller", call: request },
    ...given,
  };
}

const asked = (request: string, given?: Partial<Waiter>): LockEvent => ({
  kind: "acquire",
  waiter: waiter(request, given),
});

/** Who was answered what, by request. */
function answers(effects: readonly LockEffect[]): Record<string, LockAnswer> {
  return Object.fromEntries(
    effects.flatMap((effect) => (effect.kind === "answer" ? [[effect.to.call, effect.answer]] : [])),
  );
}

function offers(effects: readonly LockEffect[]): string[] {
  return effects.flatMap((effect) => (effect.kind === "offer" ? effect.waiter.request : []));
}

/** Everything the rule may see: queues of up to three, and each kind of event about those in them and about a stranger. */
function* everyCase(): Generator<readonly [LockQueue, LockEvent]> {
  const kinds: Partial<Waiter>[] = [];
  for (const mode of ["exclusive", "shared"] as const) {
    for (const until of [now, now + 500]) for (const session of ["s", "t"]) kinds.push({ mode, until, session });
  }
  const queues: LockQueue[] = [[]];
  for (const a of kinds) {
    queues.push([waiter("a", a)]);
    for (const b of kinds) {
      queues.push([waiter("a", a), waiter("b", b)]);
      for (const c of kinds) queues.push([waiter("a", a), waiter("b", b), waiter("c", { ...c, holds: ["other"] })]);
    }
  }
  for (const queue of queues) {
    yield [queue, { kind: "look" }];
    yield [queue, { kind: "probe", probe: [{ name: "other", request: "x", since: 1 }] }];
    for (const request of ["a", "b", "c", "stranger"]) {
      yield [queue, { kind: "cancel", request }];
      yield [queue, { kind: "deadlock", request, cycle: ["l", "other", "l"] }];
      for (const outcome of [{ fence: 7 }, "held", "over"] as const) {
        yield [queue, { kind: "offered", request, outcome }];
      }
      for (const kind of kinds) yield [queue, asked(request, kind)];
    }
  }
}

it("who came earlier and asks again is before those who came later: the lock may be offered to it already", () => {
  const queue = [waiter("early", { since: 100 }), waiter("late", { since: 300 })];
  const { queue: between } = decideLock("report", queue, asked("again", { since: 200 }), now);
  expect(between.map(({ request }) => request)).toEqual(["early", "again", "late"]);
  const { queue: first, effects } = decideLock("report", queue, asked("again", { since: 50 }), now);
  expect(first.map(({ request }) => request)).toEqual(["again", "early", "late"]);
  expect(offers(effects)).toEqual(["again"]);
});

describe("the queue of a lock, in every state and for every event", () => {
  const cases = [...everyCase()];

  it("are as many as there are", () => {
    expect(cases).toHaveLength(585 * (2 + 4 * (1 + 1 + 3 + 8)));
  });

  it("keeps its order, holds nobody twice, and lets nobody go without an answer or a withdrawal", () => {
    for (const [queue, event] of cases) {
      const { queue: after, effects } = decideLock("l", queue, event, now);
      const before =
        event.kind === "acquire"
          ? [...queue.map(({ request }) => request), event.waiter.request]
          : queue.map(({ request }) => request);
      const kept = after.map(({ request }) => request);
      expect(new Set(kept).size).toBe(kept.length);
      expect(kept).toEqual([...new Set(before)].filter((request) => kept.includes(request)));
      const told = answers(effects);
      const gone = [...new Set(before)].filter((request) => !kept.includes(request));
      const cancelled = event.kind === "cancel" ? [event.request] : [];
      expect(Object.keys(told).toSorted()).toEqual(gone.filter((request) => !cancelled.includes(request)).toSorted());
    }
  });

  it("offers the lock to the first in line and to nobody else, and says whether others wait", () => {
    for (const [queue, event] of cases) {
      const { queue: after, effects } = decideLock("l", queue, event, now);
      for (const effect of effects) {
        if (effect.kind !== "offer") continue;
        expect(effect.waiter).toBe(after[0]);
        expect(effect.others).toBe(after.length > 1);
      }
      expect(offers(effects).length).toBeLessThanOrEqual(1);
    }
  });

  it("answers with a fence only who was offered the lock", () => {
    for (const [queue, event] of cases) {
      for (const [request, answer] of Object.entries(answers(decideLock("l", queue, event, now).effects))) {
        if (!("fence" in answer)) continue;
        expect([event.kind, request]).toEqual(["offered", (event as { request?: string }).request]);
      }
    }
  });

  it("keeps nobody whose time is over once it looked", () => {
    for (const [queue] of cases) {
      const { queue: after } = decideLock("l", queue, { kind: "look" }, now);
      expect(after.every(({ until }) => until > now)).toBe(true);
    }
  });
});

/** A store that holds the lock for whoever is offered it. */
class Store {
  holders: { request: string; mode: Waiter["mode"] }[] = [];
  fence = 0;

  offer({ request, mode }: Waiter): { fence: number } | "held" {
    if (this.holders.some((holder) => holder.request === request)) return { fence: this.fence };
    if (this.holders.some((holder) => holder.mode === "exclusive" || mode === "exclusive")) return "held";
    if (this.holders.length === 0) this.fence++;
    this.holders.push({ request, mode });
    return { fence: this.fence };
  }
}

describe("a lock actor that follows the rule", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("acquire" as const), mode: fc.constantFrom("exclusive" as const, "shared" as const) }),
    fc.record({ do: fc.constant("release" as const), which: fc.nat(5) }),
    fc.record({ do: fc.constant("cancel" as const), which: fc.nat(5) }),
    fc.record({ do: fc.constant("look" as const) }),
  );

  it("never lets a writer share, serves in order, and leaves nobody waiting while the lock is free", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const store = new Store();
        let queue: LockQueue = [];
        let requests = 0;
        const served: number[] = [];
        const decide = (first: LockEvent) => {
          const events = [first];
          for (const event of events) {
            const decision = decideLock("l", queue, event, now);
            queue = decision.queue;
            for (const effect of decision.effects) {
              if (effect.kind === "offer") {
                const { request } = effect.waiter;
                events.push({ kind: "offered", request, outcome: store.offer(effect.waiter) });
              } else if (effect.kind === "answer" && "fence" in effect.answer) {
                served.push(Number(effect.to.call));
              } else if (effect.kind === "withdraw") {
                store.holders = store.holders.filter(({ request }) => request !== effect.request);
              }
            }
          }
        };
        for (const next of steps) {
          if (next.do === "acquire") {
            decide(asked(String(++requests), { mode: next.mode }));
          } else if (next.do === "look") {
            decide({ kind: "look" });
          } else if (next.do === "release") {
            store.holders.splice(next.which, 1);
            if (store.holders.length === 0) decide({ kind: "look" });
          } else {
            const candidate = queue[next.which];
            if (candidate) decide({ kind: "cancel", request: candidate.request });
          }
          const writers = store.holders.filter(({ mode }) => mode === "exclusive").length;
          expect(writers === 0 || store.holders.length === 1).toBe(true);
          expect(store.holders.length > 0 || queue.length === 0).toBe(true);
          expect(queue[0]?.mode === "shared" && store.holders.every(({ mode }) => mode === "shared")).toBe(false);
        }
        expect(served).toEqual(served.toSorted((a, b) => a - b));
      }),
    );
  });
});

describe("a cycle of waiters", () => {
  /** Locks in a ring, each held by who waits for the next; carries out probes until nothing more is found. */
  function chase(waiting: ReadonlyMap<string, LockQueue>, start: { name: string; probe: LockProbe }) {
    const found: { name: string; request: string; cycle: readonly string[] }[] = [];
    const probes = [start];
    for (const { name, probe } of probes) {
      const { effects } = decideLock(name, waiting.get(name) ?? [], { kind: "probe", probe }, now);
      for (const effect of effects) {
        if (effect.kind === "probe") probes.push(effect);
        else if (effect.kind === "deadlock") found.push(effect);
      }
    }
    return { found, probes: probes.length };
  }

  const ring = (size: number) =>
    new Map(
      Array.from({ length: size }, (_, index): [string, LockQueue] => [
        `l${index}`,
        [waiter(`r${index}`, { since: (index * 7) % size, holds: [`l${(index + size - 1) % size}`] })],
      ]),
    );

  it.each([2, 3, 5, 16])("of %i is found, whoever looks, and everybody picks the youngest", (size) => {
    const waiting = ring(size);
    const victims = new Set<string>();
    for (const [name, [first]] of waiting) {
      const probe = [{ name, request: first!.request, since: first!.since }];
      const { found } = chase(waiting, { name: first!.holds[0]!, probe });
      expect(found).toHaveLength(1);
      expect(found[0]!.cycle).toHaveLength(size + 1);
      expect(found[0]!.cycle[0]).toBe(found[0]!.name);
      expect(found[0]!.cycle.at(-1)).toBe(found[0]!.name);
      victims.add(found[0]!.request);
    }
    const youngest = [...waiting.values()].flat().reduce((a, b) => (b.since > a.since ? b : a));
    expect(victims).toEqual(new Set([youngest.request]));
  });

  it("that is not closed is none", () => {
    const waiting = ring(4);
    waiting.set("l2", []);
    expect(chase(waiting, { name: "l3", probe: [{ name: "l0", request: "r0", since: 0 }] }).found).toEqual([]);
  });

  it("longer than 16 is not looked for, and no probe goes round for ever", () => {
    const waiting = ring(17);
    const { found, probes } = chase(waiting, { name: "l16", probe: [{ name: "l0", request: "r0", since: 0 }] });
    expect(found).toEqual([]);
    expect(probes).toBeLessThanOrEqual(16);
  });

  it("is found behind any number of waiters that hold other locks: it was looked for by the first 64 ways only", () => {
    const others = Array.from({ length: 200 }, (_, n) => waiter(`o${n}`, { holds: [`other${n}`] }));
    const queue = [...others, waiter("closes", { since: 5, holds: ["origin"] })];
    const probe = [{ name: "origin", request: "r", since: 9 }];
    const { found } = chase(new Map([["l", queue]]), { name: "l", probe });
    expect(found).toMatchObject([{ name: "origin", request: "r", cycle: ["origin", "l", "origin"] }]);
  });

  it("is looked for by one way to each lock: readers that held several set off a message for every way there was", () => {
    const held = ["l0", "l1", "l2", "l3", "l4"];
    const readers = Array.from({ length: 50 }, (_, n) => waiter(`r${n}`, { mode: "shared", since: n, holds: held }));
    const waiting = new Map<string, LockQueue>([["l", readers]]);
    const probe = [{ name: "origin", request: "r", since: 99 }];
    const { effects } = decideLock("l", readers, { kind: "probe", probe }, now);
    expect(effects.map((effect) => "name" in effect && effect.name)).toEqual(held);
    expect(effects[0]).toMatchObject({ probe: [...probe, { name: "l", request: "r0", since: 0 }] });
    expect(chase(waiting, { name: "l", probe }).probes).toBe(1 + held.length);
    const asking = waiter("r", { holds: ["l0", "l0"] });
    expect(decideLock("l", readers, { kind: "acquire", waiter: asking }, now).effects).toHaveLength(1);
  });

  it("is looked for again while the wait goes on, in case the first look came too early", () => {
    const first = waiter("r", { holds: ["held"] });
    const { effects } = decideLock("l", [first], { kind: "offered", request: "r", outcome: "held" }, now);
    expect(effects).toEqual([{ kind: "probe", name: "held", probe: [{ name: "l", request: "r", since: now }] }]);
  });
});

it("a waiter whose process is dead goes, with all others of its session, and the next is offered the lock", () => {
  const queue = [waiter("a", { session: "dead" }), waiter("b", { session: "dead" }), waiter("c")];
  const { queue: after, effects } = decideLock("l", queue, { kind: "offered", request: "a", outcome: "over" }, now);
  expect(after.map(({ request }) => request)).toEqual(["c"]);
  expect(answers(effects)).toEqual({ a: { refused: "over" }, b: { refused: "over" } });
  expect(offers(effects)).toEqual(["c"]);
});

it("who asks again keeps place and time, and is answered where it waits now", () => {
  const queue = [waiter("a"), waiter("b", { since: 1, until: 2_000 })];
  const again = asked("b", { since: 900, until: 9_000, answerTo: { replyTo: "elsewhere", call: "2" } });
  const { queue: after, effects } = decideLock("l", queue, again, now);
  expect(after[1]).toMatchObject({ since: 1, until: 2_000, answerTo: { replyTo: "elsewhere", call: "2" } });
  expect(effects).toEqual([]);
});
