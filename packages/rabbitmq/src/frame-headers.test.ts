import type { FrameHeaders, Segment } from "@actor-runtime/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFrame } from "./frame-headers.js";

const body = Buffer.from("[]");

function overTheWire(headers: FrameHeaders): FrameHeaders {
  const sent = encodeFrame(headers, body);
  const { headers: read, body: left, readable } = decodeFrame(sent.headers, sent.content);
  expect(left.equals(body)).toBe(true);
  expect(readable).toBe(true);
  return read;
}

function segment(stream: string, first: number, rest: Partial<Segment> = {}): Segment {
  return { stream, first, count: 1, after: first - 1, settled: 0, ...rest };
}

describe("frame headers", () => {
  it("arrive as they were sent, whatever streams they name", () => {
    const count = fc.integer({ min: 0, max: 2 ** 50 });
    const segments = fc.array(
      fc
        .record({ stream: fc.string({ minLength: 1 }), after: count, jump: count, settled: count })
        .map(({ stream, after, jump, settled }) => ({ stream, first: after + 1 + jump, count: 1, after, settled })),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(segments, (given) => {
        expect(overTheWire({ v: 1, segments: given }).segments).toEqual(given);
      }),
    );
  });

  it("name each stream once", () => {
    const segments = [segment("a", 1), segment("b", 1), segment("a", 2), segment("b", 2)];
    const { headers } = encodeFrame({ v: 1, segments }, body);
    expect(headers.segments).toBe('[["a",1,1,0,0],["b",1,1,0,0],[0,2,1,1,0],[1,2,1,1,0]]');
  });

  it("go before the body when AMQP headers have no room for them", () => {
    const segments = Array.from({ length: 512 }, (_, index) => segment(`${"Mailbox".repeat(14)}:g1:${index}`, 1));
    const sent = encodeFrame({ v: 1, segments }, body);
    expect(sent.headers.segments).toBeUndefined();
    expect(overTheWire({ v: 1, segments })).toEqual({ v: 1, segments });
  });

  it("carry when the frame was published first, as far as a sender says so", () => {
    const sentAt = 1_700_000_000_123.25;
    expect(overTheWire({ v: 1, segments: [], sentAt })).toEqual({ v: 1, segments: [], sentAt });
    const strange = [undefined, "yesterday", Number.NaN, Number.POSITIVE_INFINITY, null];
    for (const value of strange) {
      const { headers } = decodeFrame({ v: 1, segments: "[]", sentAt: value }, body);
      expect(headers).toEqual({ v: 1, segments: [] });
    }
  });

  it.each([
    ["none at all", undefined],
    ["null", null],
    ["no segments", { v: 1 }],
    ["a version that is no number", { v: "one", segments: "[" }],
    ["text that is no JSON", { v: 1, segments: "[[" }],
    ["JSON that is no array", { v: 1, segments: "{}" }],
    ["a nested table", { v: 1, segments: { stream: "a" } }],
    ["rows that are too short", { v: 1, segments: '[["a",1]]' }],
    ["rows that are no rows", { v: 1, segments: "[null,7]" }],
    ["a stream without a name", { v: 1, segments: '[["",1,1,0,0]]' }],
    ["a stream that was never named", { v: 1, segments: "[[3,1,1,0,0]]" }],
    ["a number below one", { v: 1, segments: '[["a",0,1,0,0]]' }],
    ["a negative number", { v: 1, segments: '[["a",1,1,-1,0]]' }],
    ["a fraction", { v: 1, segments: '[["a",1.5,1,0,0]]' }],
    ["a number beyond all counting", { v: 1, segments: '[["a",9007199254740991,1,0,0]]' }],
    ["infinity", { v: 1, segments: '[["a",1e999,1,0,0]]' }],
    ["null for a number", { v: 1, segments: '[["a",1,1,null,0]]' }],
    ["a link to a later number", { v: 1, segments: '[["a",5,1,5,0]]' }],
    ["more messages than a frame has", { v: 1, segments: '[["a",1,1000000000,0,0]]' }],
    ["a prefix longer than the body", { v: 1, prefix: 1_000 }],
    ["a prefix that is no text", { v: 1, prefix: 2 }],
    ["a prefix below zero", { v: 1, prefix: -1 }],
  ])("P13: become no segments when they are %s", (_, wire) => {
    const read = decodeFrame(wire, Buffer.from([0xff, 0xfe, 0xfd]));
    expect(read.headers.segments).toEqual([]);
    expect(read.body).toHaveLength(3);
    expect(read.readable).toBe(false);
  });
});
