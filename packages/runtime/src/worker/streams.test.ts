import { ClockSkewError, type InboundStream, OverloadedError, StaleStreamError } from "@actor-runtime/core";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { CommitGroup } from "./commit-group.js";
import { Streams } from "./streams.js";

const hour = 3_600_000;
const minute = 60_000;
const limits = { streamRetentionMs: hour, maxStreams: 3 };
/** The store's time when the monotonic clock shows 0. */
const epoch = 1_767_225_600_000;
const none = new Map<string, string>();

let streams: Streams;

beforeEach(() => {
  streams = new Streams(none, 0, limits, 0);
});

/** A stream opened at this time (of the monotonic clock), with one message applied. */
function spoken(name: string, at: number, { fin = false } = {}): InboundStream {
  const stream = streams.open(`${epoch + at}-${name}`, at);
  stream.accept(1, 0);
  stream.apply(1);
  if (fin) {
    stream.accept(2, 1);
    stream.finish(2);
    streams.finished(stream, at);
  }
  return stream;
}

function forget(at: number, group = new CommitGroup(1)): string[] {
  return streams.forget(group, at, epoch + at).map(({ name }) => name.slice(name.indexOf("-") + 1));
}

describe("A.8: a client's stream", () => {
  it("is forgotten after an hour of silence, and the floor rises to its opening time", () => {
    const stream = spoken("a", 0);
    streams.heard(stream, 10 * minute);
    expect(forget(hour + 9 * minute)).toEqual([]);
    expect(streams.floor).toBe(0);
    expect(forget(hour + 10 * minute)).toEqual(["a"]);
    expect(streams.floor).toBe(epoch);
    expect(streams.find(stream.name)).toBeUndefined();
  });

  it("is forgotten a minute after its last word, and the floor stays", () => {
    spoken("a", 0, { fin: true });
    spoken("b", 0);
    expect(forget(minute - 1)).toEqual([]);
    expect(forget(minute)).toEqual(["a"]);
    expect(streams.floor).toBe(0);
  });

  it("is not forgotten before the store's time is so far from its opening, whatever clock opened it", () => {
    streams.open(`${epoch + 30_000}-ahead`, 0);
    expect(forget(hour)).toEqual([]);
    expect(forget(hour + 30_000)).toEqual(["ahead"]);
  });

  it("is not forgotten while something of it runs, also after its last word", () => {
    for (const fin of [true, false]) {
      const name = fin ? "fin" : "open";
      const stream = spoken(name, 0, { fin });
      stream.accept(3, fin ? 2 : 1);
      if (fin) stream.finish(2);
      expect(forget(3 * hour)).toEqual([]);
      stream.apply(3);
      expect(forget(3 * hour)).toEqual([name]);
    }
  });

  it("ages like any other when more comes after its last word, or a late copy may", () => {
    const goesOn = spoken("goes on", 0, { fin: true });
    goesOn.accept(3, 2);
    goesOn.apply(3);
    const late = spoken("late", 0);
    late.passHoles(4);
    streams.passed(late, 0);
    late.accept(5, 4);
    late.finish(5);
    streams.finished(late, 0);
    expect(forget(59 * minute)).toEqual([]);
    expect(forget(hour).toSorted()).toEqual(["goes on", "late"]);
  });

  it("counts its silence from the takeover", () => {
    streams = new Streams(
      new Map([
        [`${epoch}-a`, "7"],
        [`${epoch}-b`, "7,fin"],
      ]),
      0,
      limits,
      2 * hour,
    );
    expect(forget(2 * hour + minute - 1)).toEqual([]);
    expect(forget(3 * hour - 1)).toEqual(["b"]);
    expect(forget(3 * hour)).toEqual(["a"]);
  });

  it("goes with the commit, which keeps the row of one that was opened anew", () => {
    const group = new CommitGroup(1);
    const stream = spoken("a", 0, { fin: true });
    group.touch(stream);
    expect(forget(minute, group)).toEqual(["a"]);
    group.touch(streams.open(stream.name, minute));
    const { rows, floor } = group.build({ fence: 1, nonce: "" } as never, {} as never, 0, streams.floor);
    expect(rows).toEqual([{ stream: stream.name, row: "0" }]);
    expect(floor).toBe(0);
  });

  it("P12: goes in commits of a bounded size", () => {
    const many = new Map(Array.from({ length: 2_500 }, (_, i) => [`${epoch}-${i}`, "1"]));
    streams = new Streams(many, 0, limits, 0);
    expect([forget(hour), forget(hour), forget(hour), forget(hour)].map(({ length }) => length)).toEqual([
      1_000, 1_000, 500, 0,
    ]);
  });
});

describe("A.8: the stream of an outbox", () => {
  it("is never forgotten, and never refused", () => {
    const stream = streams.open("Bank:g1:03", 0);
    streams.finished(stream, 0);
    expect(forget(1_000 * hour)).toEqual([]);
    expect(streams.find("Bank:g1:03")).toBe(stream);
    for (let i = 0; i < 3; i++) spoken(String(i), 0);
    expect(streams.refusal("Bank:g1:04", epoch)).toBeUndefined();
  });
});

describe("A.8: passed holes", () => {
  it("close after an hour, with the next row", () => {
    const stream = streams.open("Bank:g1:03", 0);
    stream.passHoles(2);
    streams.passed(stream, minute);
    const group = new CommitGroup(1);
    forget(hour, group);
    expect(group.streams).toEqual([]);
    forget(hour + minute, group);
    expect(group.streams).toEqual([stream]);
    expect(stream.accept(1, 0)).toBe("duplicate");
  });

  it("found at a takeover close an hour after it", () => {
    streams = new Streams(new Map([["Bank:g1:03", "0,3-3,~1-2"]]), 0, limits, 2 * hour);
    const group = new CommitGroup(1);
    forget(3 * hour - 1, group);
    expect(group.streams).toEqual([]);
    forget(3 * hour, group);
    expect(group.streams.map((stream) => stream.row())).toEqual(["3"]);
  });
});

describe("O3: a stream not known", () => {
  it("is stale when it is as old as one that was forgotten, or older", () => {
    streams = new Streams(none, epoch, limits, 0);
    expect(streams.refusal(`${epoch}-a`, epoch + 2 * hour)).toBeInstanceOf(StaleStreamError);
    expect(streams.refusal(`${epoch - 1}-a`, epoch + 2 * hour)).toBeInstanceOf(StaleStreamError);
    expect(streams.refusal(`${epoch + 1}-a`, epoch + 2 * hour)).toBeUndefined();
  });

  it("is refused when its sender's clock is more than a minute ahead", () => {
    expect(streams.refusal(`${epoch + minute}-a`, epoch)).toBeUndefined();
    expect(streams.refusal(`${epoch + minute + 1}-a`, epoch)).toBeInstanceOf(ClockSkewError);
  });

  it("is refused when its name is none", () => {
    for (const name of ["", "a", `${epoch}`, "-1-a", "9e99-a"]) {
      expect(streams.refusal(name, epoch)).toBeInstanceOf(StaleStreamError);
    }
  });

  it("P12: is refused beyond the bound of streams", () => {
    for (let i = 0; i < 3; i++) spoken(String(i), 0);
    const refusal = streams.refusal(`${epoch}-one-more`, epoch);
    expect(refusal).toBeInstanceOf(OverloadedError);
    expect(refusal).toMatchObject({ scope: "partition", effect: "none", retryable: true });
  });

  it("is taken whatever was forgotten before, if a right clock opens it: the floor stays an hour behind", () => {
    const event = fc.record({
      skew: fc.integer({ min: -5 * hour, max: minute }),
      waitMs: fc.integer({ min: 0, max: hour }),
      fin: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        streams = new Streams(none, 0, { ...limits, maxStreams: 1_000 }, 0);
        let now = 0;
        events.forEach(({ skew, waitMs, fin }, i) => {
          now += waitMs;
          const name = `${epoch + now + skew}-${i}`;
          if (streams.refusal(name, epoch + now) === undefined) {
            const stream = streams.open(name, now);
            if (fin) {
              stream.accept(1, 0);
              stream.finish(1);
              streams.finished(stream, now);
            }
          }
          streams.forget(new CommitGroup(1), now, epoch + now);
          expect(streams.floor).toBeLessThanOrEqual(epoch + now - hour);
          expect(streams.refusal(`${epoch + now}-new`, epoch + now)).toBeUndefined();
        });
      }),
    );
  });
});
