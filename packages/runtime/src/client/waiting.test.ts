import { maxFrameBytes, maxFrameMessages, OverloadedError } from "@actor-runtime/core";
import { beforeEach, describe, expect, it } from "vitest";
import type { Outgoing } from "./outgoing.js";
import { Unanswered } from "./unanswered.js";
import { Waiting } from "./waiting.js";

const to = "Account:g1:00";
const maxWaiting = 50_000;
const maxWaitingBytes = 32 * 1024 * 1024;

let waiting: Waiting;

beforeEach(() => {
  waiting = new Waiting();
});

function push(text = "x"): Outgoing {
  const message = new Unanswered(text, undefined, Number.POSITIVE_INFINITY);
  waiting.push(message);
  return message;
}

describe("what waits to be sent", () => {
  it("leaves in the order in which it came, however it leaves", () => {
    const [a, b, c, d, e, f, g] = Array.from("abcdefg", push);
    expect(waiting.take()).toBe(a);
    expect(waiting.remove(d!)).toBe(true);
    expect(waiting.remove(b!)).toBe(true);
    expect(waiting.remove(b!)).toBe(false);
    expect(waiting.removeAll((message) => message === f)).toEqual([f]);
    expect(waiting.take()).toBe(c);
    const h = push("h");
    expect(waiting.length).toBe(3);
    expect(waiting.takeFrame()).toEqual([e, g, h]);
    expect(waiting.length).toBe(0);
    expect(waiting.take()).toBeUndefined();
  });

  it("fills frames up to their bounds, and lets one that is too large go alone", () => {
    for (let i = 0; i <= maxFrameMessages; i++) push();
    expect(waiting.takeFrame()).toHaveLength(maxFrameMessages);
    expect(waiting.takeFrame()).toHaveLength(1);
    push("x".repeat(maxFrameBytes + 1));
    push();
    expect(waiting.takeFrame()).toHaveLength(1);
    expect(waiting.takeFrame()).toHaveLength(1);
  });

  it("is bounded in number and bytes, and whatever leaves makes room (P12)", () => {
    for (let i = 0; i < maxWaiting; i++) push();
    expect(() => waiting.checkRoom(to, 1, 0)).toThrow(OverloadedError);
    waiting.take();
    expect(() => waiting.checkRoom(to, 1, 0)).not.toThrow();
    waiting.removeAll(() => true);
    const large = push("x".repeat(maxWaitingBytes));
    for (const leave of [() => waiting.take(), () => waiting.takeFrame(), () => waiting.remove(large)]) {
      expect(() => waiting.checkRoom(to, 1, 0)).toThrow(OverloadedError);
      leave();
      expect(() => waiting.checkRoom(to, maxWaitingBytes, 0)).not.toThrow();
      waiting.push(large);
    }
  });

  it("says of a full destination when a tenth of it will have left", () => {
    for (let i = 0; i < maxWaiting; i++) push();
    const full = (eachMs: number) => {
      try {
        waiting.checkRoom(to, 1, eachMs);
      } catch (error) {
        return error as OverloadedError;
      }
      throw new Error("there is room");
    };
    expect(full(0.5).message).toBe("mailbox Account:g1:00: 50000 messages of this process wait to be sent already");
    expect(full(0.5)).toMatchObject({ scope: "mailbox", retryAfterMs: 2_500 });
  });
});
