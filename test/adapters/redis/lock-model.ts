// oxlint-disable vitest/no-standalone-expect -- a test calls it, and its failures are that test's
import {
  claimed,
  heldLock,
  type LockLeases,
  type LockMode,
  type LockRecord,
  liveRecord,
  offered,
  released,
} from "@actor-runtime/core";
import fc from "fast-check";
import type { Redis } from "ioredis";
import { expect } from "vitest";
import { collect } from "../../contracts/samples.js";

const longMs = 60_000;

const anyName = fc.constantFrom("a", "b");
const anyRequest = fc.constantFrom("r1", "r2", "r3", "r4");
const anySession = fc.constantFrom("s1", "s2", "s3");

type Command =
  | { do: "open" | "renew" | "close" | "end"; session: string }
  | { do: "offer"; name: string; request: string; mode: LockMode; session: string; waits: boolean; others: boolean }
  | { do: "claim"; name: string; request: string; session: string }
  | { do: "release" | "lapse"; name: string; request: string }
  | { do: "break" | "inspect"; name: string };

export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("open"), session: anySession }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("renew", "close", "end"), session: anySession }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("offer"),
      name: anyName,
      request: anyRequest,
      mode: fc.constantFrom<LockMode[]>("exclusive", "shared", "shared"),
      session: anySession,
      waits: fc.boolean(),
      others: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("claim"), name: anyName, request: anyRequest, session: anySession }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("release", "lapse"), name: anyName, request: anyRequest }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("break", "inspect"), name: anyName }) },
);

/** What the pure rules make of the same commands. Time stands still; what it would end is ended by hand, on both sides. */
export class LockModel {
  readonly #records = new Map<string, LockRecord>();
  readonly #sessions = new Set<string>();
  #lastFence = 0;

  async check(command: Command, locks: LockLeases, redis: Redis, keys: string): Promise<void> {
    const at = { now: 0, sessionEnd: (id: string) => (this.#sessions.has(id) ? longMs : undefined) };
    const live = (name: string) => this.#write(name, liveRecord(this.#records.get(name), at));
    const seen = (name: string) => {
      const record = live(name);
      return record && withoutTimes(heldLock(name, record, at));
    };
    switch (command.do) {
      case "open":
        await locks.open(command.session, longMs);
        this.#sessions.add(command.session);
        return;
      case "renew": {
        const renewed = await locks.renew({ id: command.session, until: 0 }, longMs);
        expect(renewed !== undefined).toBe(this.#sessions.has(command.session));
        return;
      }
      case "close":
        await locks.close({ id: command.session, until: 0 });
        this.#sessions.delete(command.session);
        return;
      case "end":
        await redis.set(`${keys}session:${command.session}`, "1", "XX");
        this.#sessions.delete(command.session);
        return;
      case "offer": {
        const { session, waits, others } = command;
        const answer = await locks.offer(command, { session, claimMs: longMs, waits, others });
        if (!this.#sessions.has(command.session)) return expect(answer).toEqual({ over: true });
        const before = live(command.name);
        const nextFence = "offer" in answer ? answer.offer.fence : -1;
        const after = offered(before, command, { now: 0, claimMs: longMs, nextFence, others: command.others });
        if (after === undefined) {
          const held = withoutTimes(heldLock(command.name, before!, at));
          expect("held" in answer && withoutTimes(answer.held)).toEqual(held);
          this.#write(command.name, { ...before!, wanted: before!.wanted || command.waits });
          return;
        }
        expect(answer).toMatchObject({ offer: { name: command.name, request: command.request, fence: after.fence } });
        if (before === undefined) expect(after.fence).toBeGreaterThan(this.#lastFence);
        this.#lastFence = Math.max(this.#lastFence, after.fence);
        this.#write(command.name, after);
        return;
      }
      case "claim": {
        const { name, request, session } = command;
        const own = { name, request, mode: "exclusive", fence: 0 } as const;
        const after = this.#sessions.has(session) ? claimed(live(name), request, session) : undefined;
        expect(await locks.claim(own, { id: session, until: 0 })).toBe(after !== undefined);
        if (after !== undefined) this.#write(name, after);
        return;
      }
      case "release": {
        const { name, request } = command;
        const before = live(name);
        const after = before && released(before, request);
        const wanted = before !== undefined && after === undefined && before.wanted;
        expect(await locks.release({ name, request })).toEqual({ wanted });
        this.#write(name, after);
        return;
      }
      case "lapse": {
        const { name, request } = command;
        const record = this.#records.get(name);
        const taker = record?.takers.get(request);
        if (record === undefined || taker === undefined || taker.session !== undefined) return;
        const key = `${keys}held:${name}`;
        const value = await redis.hget(key, `/${request}`);
        // A record that nobody has looked at since all of it was over is still there in one of the two only.
        if (value !== null) await redis.hset(key, `/${request}`, value.replace(/^(\d+ \d+) \d+/, "$1 1"));
        this.#records.set(name, { ...record, takers: new Map(record.takers).set(request, { ...taker, claimBy: -1 }) });
        return;
      }
      case "break": {
        const before = seen(command.name);
        const broken = await locks.break(command.name);
        expect(broken && withoutTimes(broken)).toEqual(before);
        this.#write(command.name, undefined);
        return;
      }
      case "inspect": {
        const held = await locks.inspect(command.name);
        expect(held && withoutTimes(held)).toEqual(seen(command.name));
        const listed = (await collect(locks.list(""))).map(({ name }) => name);
        expect(listed.sort()).toEqual(["a", "b"].filter((name) => seen(name) !== undefined));
      }
    }
  }

  #write(name: string, record: LockRecord | undefined): LockRecord | undefined {
    if (record === undefined) this.#records.delete(name);
    else this.#records.set(name, record);
    return record;
  }
}

function withoutTimes({ holders, ...held }: NonNullable<Awaited<ReturnType<LockLeases["inspect"]>>>) {
  return { ...held, holders: holders.map((each) => ({ request: each.request, claimed: each.claimed })) };
}
