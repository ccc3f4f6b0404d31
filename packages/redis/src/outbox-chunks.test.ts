import type { OutboxEntry } from "@actor-runtime/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { outboxChunks, readChunk } from "./outbox-chunks.js";

const target = "Invoice:g1:00";

function entries(count: number, message: (index: number) => string = String): OutboxEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    target,
    number: index + 1,
    prev: index,
    message: message(index),
  }));
}

function read(elements: readonly string[], above = 0): OutboxEntry[] {
  return elements.flatMap((element, index) => (index % 2 === 1 ? [...readChunk(target, element, above)] : []));
}

describe("outbox chunks", () => {
  it("give back what was put in, whatever the messages hold", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" }), { maxLength: 600 }), (messages) => {
        const written = entries(messages.length, (index) => messages[index]!);
        expect(read(outboxChunks(written))).toEqual(written);
      }),
    );
  });

  it("stand behind the last number in them", () => {
    const elements = outboxChunks(entries(1_000));
    expect(elements.filter((_, index) => index % 2 === 0)).toEqual(["512", "1000"]);
  });

  it("hold a message or two when messages are big", () => {
    expect(outboxChunks(entries(4, () => "m".repeat(200_000)))).toHaveLength(4);
  });

  it("leave out what is confirmed", () => {
    expect(read(outboxChunks(entries(10)), 7).map(({ number }) => number)).toEqual([8, 9, 10]);
  });
});
