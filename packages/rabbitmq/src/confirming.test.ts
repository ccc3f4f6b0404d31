import { EventEmitter } from "node:events";
import type { PublishOutcome } from "@actor-runtime/core";
import { type ConfirmChannel, IllegalOperationError } from "amqplib";
import { describe, expect, it } from "vitest";
import { Confirming } from "./confirming.js";

/** As much of amqplib's channel as confirms need; what the broker says is emitted by the tests. */
class FakeChannel extends EventEmitter {
  readonly sent: string[] = [];
  closed = false;

  publish(_exchange: string, to: string, _content: Buffer, { messageId }: { messageId: string }): boolean {
    if (this.closed) throw new IllegalOperationError("Channel closed");
    this.sent.push(`${messageId} ${to}`);
    return true;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

function confirming() {
  const channel = new FakeChannel();
  const ends: Confirming[] = [];
  const open = new Confirming(channel as unknown as ConfirmChannel, "actor.test", (ended) => ends.push(ended));
  const outcomes: Record<string, PublishOutcome[]> = {};
  const send = (to: string, since = 0) => {
    const noted: PublishOutcome[] = (outcomes[to] = []);
    const frame = { headers: { v: 1, segments: [] }, body: new Uint8Array() };
    open.send({ to, frame, settle: (outcome) => noted.push(outcome), since, returned: false });
  };
  return { channel, ends, open, outcomes, send };
}

describe("a confirm channel", () => {
  it("settles each frame with what the broker said of it, in any order", () => {
    const { channel, outcomes, send } = confirming();
    for (const to of ["a", "b", "c"]) send(to);
    expect(channel.sent).toEqual(["1 a", "2 b", "3 c"]);
    channel.emit("nack", { deliveryTag: 3, multiple: false });
    channel.emit("ack", { deliveryTag: 1, multiple: false });
    expect(outcomes).toEqual({ a: ["confirmed"], b: [], c: ["refused"] });
  });

  it("settles all up to the number when the broker says it for several at once", () => {
    const { channel, outcomes, send } = confirming();
    for (const to of ["a", "b", "c"]) send(to);
    channel.emit("ack", { deliveryTag: 2, multiple: true });
    expect(outcomes).toEqual({ a: ["confirmed"], b: ["confirmed"], c: [] });
  });

  it("calls a frame unroutable that was returned before it was confirmed, and only that one", () => {
    const { channel, outcomes, send } = confirming();
    for (const to of ["a", "b"]) send(to);
    channel.emit("return", { properties: { messageId: "2" } });
    channel.emit("return", { properties: { messageId: "no number of ours" } });
    channel.emit("ack", { deliveryTag: 2, multiple: true });
    expect(outcomes).toEqual({ a: ["confirmed"], b: ["unroutable"] });
  });

  it("gives up everything unconfirmed when it ends, once, and hears no late confirm", () => {
    const { channel, ends, open, outcomes, send } = confirming();
    send("a");
    channel.emit("close");
    channel.emit("ack", { deliveryTag: 1, multiple: false });
    open.end();
    expect(outcomes).toEqual({ a: ["lost"] });
    expect(ends).toEqual([open]);
  });

  it("S4: closes before it gives up what was not confirmed in time", () => {
    const { channel, open, outcomes, send } = confirming();
    send("a", 100);
    send("b", 200);
    expect(open.overdue(100)).toBe(false);
    expect(open.overdue(101)).toBe(true);
    open.close();
    expect(channel.closed).toBe(true);
    expect(outcomes).toEqual({ a: ["lost"], b: ["lost"] });
  });

  it("ends when amqplib refuses to publish: the channel is gone, and its end was not told", () => {
    const { channel, ends, outcomes, send } = confirming();
    send("a");
    channel.closed = true;
    send("b");
    expect(outcomes).toEqual({ a: ["lost"], b: ["lost"] });
    expect(ends).toHaveLength(1);
  });
});
