import { describe, expect, it } from "vitest";
import { OutboundStream } from "./outbound-stream.js";

/** Takes a number for an ask. */
function ask(stream: OutboundStream): { number: number; done: boolean } {
  const asked = { number: 0, done: false };
  asked.number = stream.take(asked);
  return asked;
}

describe("S2: an outbound stream", () => {
  it("is named by its opening time, and numbers from 1 without reuse", () => {
    const stream = new OutboundStream(1_767_225_600_000, "a1", 0);
    expect(stream.name).toBe("1767225600000-a1");
    expect([stream.take(undefined), ask(stream).number, stream.take(undefined)]).toEqual([1, 2, 3]);
  });

  it("knows the highest confirmed number, in whatever order confirms come", () => {
    const stream = new OutboundStream(0, "a1", 0);
    expect(stream.confirmed).toBe(0);
    stream.confirm(2);
    stream.confirm(1);
    expect(stream.confirmed).toBe(2);
  });

  it("has settled every ask below its first unanswered one, tells not counted", () => {
    const stream = new OutboundStream(0, "a1", 0);
    expect(stream.settled).toBe(1);
    stream.take(undefined);
    const first = ask(stream);
    const second = ask(stream);
    expect(stream.settled).toBe(2);
    second.done = true;
    expect(stream.settled).toBe(2);
    first.done = true;
    expect(stream.settled).toBe(4);
  });

  it("keeps count over thousands of asks answered in any order", () => {
    const stream = new OutboundStream(0, "a1", 0);
    const asks = Array.from({ length: 5_000 }, () => ask(stream));
    for (let i = 0; i < asks.length; i += 2) asks[i]!.done = true;
    for (let i = 1; i < asks.length; i += 2) {
      expect(stream.settled).toBe(asks[i]!.number);
      asks[i]!.done = true;
    }
    expect(stream.settled).toBe(5_001);
  });
});
