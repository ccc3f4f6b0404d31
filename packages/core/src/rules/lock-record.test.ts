import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LockMode } from "../ports/lock-leases.js";
import { claimed, heldLock, type LockNow, type LockRecord, liveRecord, offered, released } from "./lock-record.js";

function at(now: number, ends: Readonly<Record<string, number>> = {}): LockNow {
  return { now, sessionEnd: (id) => (ends[id] !== undefined && ends[id] > now ? ends[id] : undefined) };
}

function asked(request: string, mode: LockMode = "exclusive") {
  return { request, mode };
}

function offerAt(now: number, nextFence = 1, others = false) {
  return { now, claimMs: 10, nextFence, others };
}

describe("the record of a lock", () => {
  it("is made by the first offer, and shared by readers alone", () => {
    const first = offered(undefined, asked("a"), offerAt(0, 7))!;
    expect(first).toMatchObject({ mode: "exclusive", fence: 7, wanted: false });
    expect(offered(first, asked("b"), offerAt(1, 8))).toBeUndefined();
    expect(offered(first, asked("b", "shared"), offerAt(1, 8))).toBeUndefined();
    const reader = offered(undefined, asked("a", "shared"), offerAt(0, 7))!;
    expect(offered(reader, asked("b"), offerAt(1, 8))).toBeUndefined();
    const both = offered(reader, asked("b", "shared"), offerAt(1, 8))!;
    expect([...both.takers.keys()]).toEqual(["a", "b"]);
    expect(both.fence).toBe(7);
  });

  it("gives the same request the same fence again, and a longer time to claim, in its old place", () => {
    let record = offered(undefined, asked("a", "shared"), offerAt(0, 7))!;
    record = offered(record, asked("b", "shared"), offerAt(1, 8))!;
    const again = offered(record, asked("a", "shared"), offerAt(5, 9))!;
    expect(again.fence).toBe(7);
    expect([...again.takers]).toEqual([
      ["a", { since: 0, claimBy: 15, session: undefined }],
      ["b", { since: 1, claimBy: 11, session: undefined }],
    ]);
  });

  it("leaves what is claimed as it is when it is offered again", () => {
    const own = claimed(offered(undefined, asked("a"), offerAt(0)), "a", "s")!;
    expect(offered(own, asked("a"), offerAt(5))!.takers.get("a")).toEqual({
      since: 0,
      claimBy: undefined,
      session: "s",
    });
  });

  it("is free when the time to claim is over, to the moment", () => {
    const record = offered(undefined, asked("a"), offerAt(0));
    expect(liveRecord(record, at(9.9))).toEqual(record);
    expect(liveRecord(record, at(10))).toBeUndefined();
    expect(liveRecord(undefined, at(0))).toBeUndefined();
  });

  it("is free when the session that claimed it has ended, however long ago it was offered", () => {
    const record = claimed(offered(undefined, asked("a"), offerAt(0)), "a", "s");
    expect(liveRecord(record, at(99, { s: 100 }))).toEqual(record);
    expect(liveRecord(record, at(100, { s: 100 }))).toBeUndefined();
    expect(liveRecord(record, at(1))).toBeUndefined();
  });

  it("is claimed by one session, which may repeat it, and by nobody who was not offered it", () => {
    const record = offered(undefined, asked("a"), offerAt(0))!;
    const own = claimed(record, "a", "s")!;
    expect(claimed(own, "a", "s")).toEqual(own);
    expect(claimed(own, "a", "t")).toBeUndefined();
    expect(claimed(record, "b", "s")).toBeUndefined();
    expect(claimed(undefined, "a", "s")).toBeUndefined();
  });

  it("is free when the last who held it gives it up", () => {
    let record = offered(undefined, asked("a", "shared"), offerAt(0))!;
    record = offered(record, asked("b", "shared"), offerAt(0))!;
    expect(released(record, "x")).toEqual(record);
    const one = released(record, "a")!;
    expect([...one.takers.keys()]).toEqual(["b"]);
    expect(released(one, "b")).toBeUndefined();
  });

  it("notes that it is wanted when others wait behind the one it is offered to", () => {
    expect(offered(undefined, asked("a"), offerAt(0, 1, true))!.wanted).toBe(true);
    const reader = offered(undefined, asked("a", "shared"), offerAt(0, 1, true))!;
    expect(offered(reader, asked("b", "shared"), offerAt(0))!.wanted).toBe(true);
  });

  it("shows who holds it, since when and for how long yet", () => {
    let record = offered(undefined, asked("a", "shared"), offerAt(0, 7))!;
    record = offered(claimed(record, "a", "s"), asked("b", "shared"), offerAt(3))!;
    expect(heldLock("report", record, at(4, { s: 50 }))).toEqual({
      name: "report",
      mode: "shared",
      fence: 7,
      holders: [
        { request: "a", claimed: true, remainingMs: 46, heldMs: 4 },
        { request: "b", claimed: false, remainingMs: 9, heldMs: 1 },
      ],
    });
  });

  it("P10: never has two that exclude each other, and its fences rise whenever it was free", () => {
    const request = fc.constantFrom("a", "b", "c");
    const session = fc.constantFrom("s", "t");
    const step = fc.oneof(
      fc.record({ do: fc.constant("offer"), request, mode: fc.constantFrom<LockMode[]>("exclusive", "shared") }),
      fc.record({ do: fc.constant("claim"), request, session }),
      fc.record({ do: fc.constant("release"), request }),
      fc.record({ do: fc.constant("pass"), ms: fc.integer({ min: 1, max: 15 }) }),
      fc.record({ do: fc.constant("open"), session }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const ends: Record<string, number> = {};
        let now = 0;
        let fence = 0;
        let record: LockRecord | undefined;
        for (const each of steps) {
          const live = liveRecord(record, at(now, ends));
          if (each.do === "offer") {
            const after = offered(live, each, offerAt(now, fence + 1));
            if (live !== undefined && after !== undefined) expect(after.fence).toBe(live.fence);
            fence = Math.max(fence, after?.fence ?? 0);
            record = after ?? live;
          } else if (each.do === "claim" && (ends[each.session] ?? 0) > now) {
            record = claimed(live, each.request, each.session) ?? live;
          } else if (each.do === "release") record = live && released(live, each.request);
          else if (each.do === "pass") now += each.ms;
          else if (each.do === "open") ends[each.session] = now + 20;
          if (record?.mode === "exclusive") expect(record.takers.size).toBe(1);
          if (record !== undefined) expect(record.takers.size).toBeGreaterThan(0);
        }
      }),
    );
  });
});
