import type { Destination, OutboxEntry } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import type { Lanes } from "../client/lanes.js";
import type { Outgoing } from "../client/outgoing.js";
import { Outbox } from "./outbox.js";

const fence = 1_767_225_600_000_000;
const target = "Sink:g1:00";
const maxBytes = 1024;

function outbox(numbers: [Destination, number][] = []) {
  const sent: { to: Destination; message: Outgoing }[] = [];
  const dropped: string[] = [];
  const confirmed: [Destination, number][] = [];
  const lanes = {
    lane: (to: Destination) => ({ send: (message: Outgoing) => sent.push({ to, message }) }),
    dropOutbox: (stream: string) => dropped.push(stream),
  };
  const box = new Outbox("Bank:g1:03", lanes as unknown as Lanes, new Map(numbers), maxBytes, (to, number) =>
    confirmed.push([to, number]),
  );
  return { box, sent, dropped, confirmed };
}

const draft = (text: string, to: Destination = target) => ({ target: to, text, bytes: Buffer.byteLength(text) });
const entry = (number: number, prev: number, message: string): OutboxEntry => ({ target, number, prev, message });

describe("S2: numbers of an outbox", () => {
  it("begin at the fence and rise by one, each linked to the one before, per target", () => {
    const { box } = outbox();
    const entries = box.number([draft("a"), draft("b"), draft("c", "dead:Sink")], fence);
    expect(entries.map(({ number, prev }) => [number, prev])).toEqual([
      [fence, 0],
      [fence + 1, fence],
      [fence, 0],
    ]);
  });

  it("rise above everything sent before when the fence does", () => {
    const { box } = outbox([[target, fence + 5]]);
    const [next] = box.number([draft("a")], fence);
    expect(next).toMatchObject({ number: fence + 6, prev: fence + 5 });
    const [later] = box.number([draft("b")], fence + 1_000);
    expect(later).toMatchObject({ number: fence + 1_000, prev: fence + 6 });
  });
});

describe("an outbox", () => {
  it("relays its entries in order under the stream of its partition, and reports each confirm", () => {
    const { box, sent, confirmed } = outbox();
    box.relay(box.number([draft("a"), draft("b")], fence));
    expect(sent.map(({ to, message }) => [to, message.text, message.source])).toEqual([
      [target, "a", { stream: "Bank:g1:03", number: fence, prev: 0 }],
      [target, "b", { stream: "Bank:g1:03", number: fence + 1, prev: fence }],
    ]);
    for (const { message } of sent) message.confirmed();
    expect(confirmed).toEqual([
      [target, fence],
      [target, fence + 1],
    ]);
  });

  it("T2: sends what it finds at takeover, its links as they were", () => {
    const { box, sent } = outbox([[target, fence + 9]]);
    box.adopt([entry(fence + 8, fence + 2, "old")]);
    expect(sent[0]!.message.source).toEqual({ stream: "Bank:g1:03", number: fence + 8, prev: fence + 2 });
  });

  it("P12: is bounded per target, by what it found at takeover and what is drafted, and has room again after confirms", () => {
    const { box, sent } = outbox();
    const half = "x".repeat(maxBytes / 2);
    box.adopt([entry(fence, 0, half)]);
    box.checkRoom(target, half.length);
    const drafted = box.draft(target, half, half.length);
    expect(() => box.checkRoom(target, 1)).toThrow(expect.objectContaining({ code: "OVERLOADED", scope: "outbox" }));
    expect(() => box.checkRoom("Other:g1:00", 1)).not.toThrow();
    box.relay(box.number([drafted], fence));
    expect(() => box.checkRoom(target, 1)).toThrow(expect.objectContaining({ code: "OVERLOADED" }));
    sent[0]!.message.confirmed();
    box.checkRoom(target, half.length);
    sent[1]!.message.confirmed();
    box.checkRoom(target, maxBytes);
  });

  it("P12: has room again when the turn fails whose messages filled it", () => {
    const { box } = outbox();
    const drafted = box.draft(target, "x", maxBytes);
    expect(() => box.checkRoom(target, 1)).toThrow(expect.objectContaining({ code: "OVERLOADED" }));
    box.drop([drafted]);
    box.checkRoom(target, maxBytes);
  });

  it("T5: of a lost partition drops what waits, sends nothing and reports no confirm any more", () => {
    const { box, sent, dropped, confirmed } = outbox();
    const entries = box.number([draft("a"), draft("b")], fence);
    box.relay([entries[0]!]);
    box.close();
    box.relay([entries[1]!]);
    sent[0]!.message.confirmed();
    expect([sent.length, dropped, confirmed]).toEqual([1, ["Bank:g1:03"], []]);
  });
});
