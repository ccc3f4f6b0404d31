import {
  type ActorError,
  type Broker,
  type Clock,
  type Frame,
  maxFrameBytes,
  maxFrameMessages,
  OverloadedError,
  type PublishOutcome,
  parseMessages,
  type Segment,
  UnknownOutcomeError,
} from "@actor-runtime/core";
import { beforeEach, describe, expect, it } from "vitest";
import { StoreTime } from "../store-time.js";
import { Lane } from "./lane.js";
import type { OutboundStream } from "./outbound-stream.js";
import type { OutboxNumber, Outgoing } from "./outgoing.js";

/** Time moved by hand. */
class FakeClock implements Clock {
  time = 0;
  #timers: { at: number; task: () => void }[] = [];
  get pending(): number {
    return this.#timers.length;
  }
  now = () => this.time;
  monotonic = () => this.time;
  after(ms: number, task: () => void): () => void {
    const timer = { at: this.time + ms, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.time = Math.max(this.time, due.at);
      due.task();
      await settle();
    }
    this.time = end;
  }
}

/** A broker whose outcomes the test gives, publication by publication. */
class FakeBroker implements Pick<Broker, "publish"> {
  readonly frames: Frame[] = [];
  readonly #open: ((outcome: PublishOutcome) => void)[] = [];

  publish(_to: string, frame: Frame): Promise<PublishOutcome> {
    this.frames.push(frame);
    return new Promise((resolve) => this.#open.push(resolve));
  }

  /** Publications without an outcome. */
  get unconfirmed(): number {
    return this.#open.length;
  }

  /** Gives the oldest open publication its outcome. */
  async end(outcome: PublishOutcome): Promise<void> {
    this.#open.shift()!(outcome);
    await settle();
  }
}

class Sent implements Outgoing {
  number = 0;
  stream: OutboundStream | undefined;
  readonly done = false;
  readonly bytes: number;
  outcome: "confirmed" | ActorError | undefined;
  /** How often the lane said what became of it. */
  outcomes = 0;
  constructor(
    readonly text: string,
    readonly source: Outgoing["source"],
    readonly expiresAt = Number.POSITIVE_INFINITY,
    readonly isAsk = false,
    bytes = text.length,
  ) {
    this.bytes = bytes;
  }
  confirmed(): void {
    this.outcome = "confirmed";
    this.outcomes++;
  }
  abandoned(error: ActorError): void {
    this.outcome = error;
    this.outcomes++;
  }
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

let clock: FakeClock;
let broker: FakeBroker;
let time: StoreTime;
let lane: Lane;

beforeEach(() => {
  clock = new FakeClock();
  broker = new FakeBroker();
  time = new StoreTime(clock);
  lane = laneTo("Account:g1:00");
});

/** Streams of the lane are named `<openMs>-a`, `-b` and so on; one hour is how long owners keep their rows. */
function laneTo(to: string): Lane {
  const names = ["a", "b", "c"];
  const random = { next: () => 0.5, id: () => names.shift()! };
  const streamRetentionMs = 3_600_000;
  return new Lane(to, { broker: broker as unknown as Broker, clock, random, time, streamRetentionMs, replyTo: "me" });
}

/** A message of the process' own stream. */
function send(text: string, expiresAt?: number): Sent {
  const message = new Sent(JSON.stringify({ to: "A/1", kind: "tell", handler: text, args: [] }), "own", expiresAt);
  lane.send(message);
  return message;
}

/** A message of an outbox stream. */
function relay(number: number, prev: number, source = "Bank:g1:03"): Sent {
  const from: OutboxNumber = { stream: source, number, prev };
  const message = new Sent(JSON.stringify({ to: "A/1", kind: "tell", handler: String(number), args: [] }), from);
  message.number = number;
  lane.send(message);
  return message;
}

function handlers(frame: Frame | undefined): string[] {
  return parseMessages(frame!.body).map(({ handler }) => handler);
}

function segments(frame: Frame | undefined): Partial<Segment>[] {
  return frame!.headers.segments.map(({ stream: name, first, count, after }) => ({
    stream: name,
    first,
    count,
    after,
  }));
}

describe("S1: a lane", () => {
  it("sends a lone message at once", async () => {
    const message = send("a");
    await settle();
    expect(handlers(broker.frames[0])).toEqual(["a"]);
    await broker.end("confirmed");
    expect(message.outcome).toBe("confirmed");
    expect(lane.idle).toBe(true);
  });

  it("has at most one unconfirmed batch, and what arrives meanwhile is the next one", async () => {
    send("a");
    await settle();
    for (const text of ["b", "c", "d"]) send(text);
    await settle();
    expect(broker.frames).toHaveLength(1);
    await broker.end("confirmed");
    expect(handlers(broker.frames[1])).toEqual(["b", "c", "d"]);
    expect(segments(broker.frames[1])).toEqual([{ stream: "0-a", first: 2, count: 3, after: 1 }]);
  });

  it("never has two publications out, even when a batch given up is followed by another", async () => {
    const expired = send("expired", 100);
    await settle();
    clock.time = 200;
    await broker.end("refused");
    expect(expired.outcome).toBeInstanceOf(OverloadedError);
    send("next");
    await settle();
    await clock.advance(10_000);
    expect(broker.unconfirmed).toBe(1);
    expect(broker.frames.map(handlers)).toEqual([["expired"], ["next"]]);
  });

  it("never takes the confirm of one batch for that of another", async () => {
    send("expired", 100);
    await settle();
    clock.time = 200;
    await broker.end("refused");
    const next = send("next");
    await settle();
    await clock.advance(10_000);
    await broker.end("confirmed");
    expect(next.outcome).toBe("confirmed");
    const last = send("last");
    await settle();
    expect(last.outcome).toBeUndefined();
    while (broker.unconfirmed > 1) await broker.end("confirmed");
    expect(last.outcome).toBeUndefined();
  });

  it("fills batches up to 512 messages", async () => {
    for (let i = 0; i < 1_100; i++) send(String(i));
    await settle();
    await broker.end("confirmed");
    await broker.end("confirmed");
    await broker.end("confirmed");
    expect(broker.frames.map((frame) => handlers(frame).length)).toEqual([maxFrameMessages, maxFrameMessages, 76]);
    expect(broker.frames.flatMap(handlers)).toEqual(Array.from({ length: 1_100 }, (_, i) => String(i)));
  });

  it("fills batches up to 256 KiB, and sends a message of that size alone", async () => {
    const sizes = [100_000, 100_000, 100_000, maxFrameBytes, 10];
    const text = '{"to":"A/1","kind":"tell","handler":"x","args":[]}';
    for (const bytes of sizes) lane.send(new Sent(text, "own", undefined, false, bytes));
    await settle();
    for (let i = 0; i < 4; i++) await broker.end("confirmed");
    expect(broker.frames.map((frame) => handlers(frame).length)).toEqual([2, 1, 1, 1]);
  });

  it("P12: refuses a client's call beyond its bound of messages or bytes, and takes it again when there is room", async () => {
    send("out");
    await settle();
    for (let i = 0; i < 50_000; i++) send("x");
    expect(() => lane.checkRoom(1)).toThrow(OverloadedError);
    await broker.end("confirmed");
    expect(() => lane.checkRoom(1)).not.toThrow();

    const other = laneTo("Account:g1:01");
    for (let i = 0; i < 4; i++) other.send(new Sent("{}", undefined, undefined, false, 8 * 1024 * 1024 - 1));
    expect(() => other.checkRoom(4)).not.toThrow();
    expect(() => other.checkRoom(5)).toThrow(
      expect.objectContaining({ scope: "mailbox", retryable: true, effect: "none" }),
    );
  });

  it("takes a message back as long as it is in no batch", async () => {
    const first = send("first");
    await settle();
    const second = send("second");
    expect(lane.withdraw(first)).toBe(false);
    expect(lane.withdraw(second)).toBe(true);
    expect(lane.withdraw(second)).toBe(false);
    await broker.end("confirmed");
    expect(broker.frames).toHaveLength(1);
    expect(second.outcomes).toBe(0);
    // A message taken back has used no number.
    send("third");
    await settle();
    expect(segments(broker.frames[1])).toEqual([{ stream: "0-a", first: 2, count: 1, after: 1 }]);
  });
});

describe("S2 to S4: numbers", () => {
  it("stay the same, and the link too, when the outcome was unknown", async () => {
    send("a");
    await settle();
    await broker.end("confirmed");
    const lost = send("b");
    await settle();
    await broker.end("lost");
    send("c");
    await clock.advance(5_000);
    expect(broker.frames[2]!.headers).toEqual(broker.frames[1]!.headers);
    expect(broker.frames[2]!.body).toEqual(broker.frames[1]!.body);
    expect(segments(broker.frames[2])).toEqual([{ stream: "0-a", first: 2, count: 1, after: 1 }]);
    await broker.end("confirmed");
    expect(lost.outcomes).toBe(1);
    expect(segments(broker.frames[3])).toEqual([{ stream: "0-a", first: 3, count: 1, after: 2 }]);
  });

  it("stay the same after a refusal, and the waits between get longer", async () => {
    send("a");
    await settle();
    const waits = [];
    for (let i = 0; i < 4; i++) {
      const before = clock.time;
      const sent = broker.frames.length;
      await broker.end("refused");
      while (broker.frames.length === sent) await clock.advance(1);
      waits.push(clock.time - before);
    }
    expect(waits).toEqual([10, 20, 40, 80]);
    expect(new Set(broker.frames.map((frame) => JSON.stringify(frame.headers))).size).toBe(1);
  });

  it("are burnt when their messages are given up, and the next link says so", async () => {
    send("a");
    await settle();
    await broker.end("confirmed");
    send("expired", 100);
    await settle();
    clock.time = 200;
    await broker.end("refused");
    await clock.advance(5_000);
    send("c");
    await settle();
    expect(segments(broker.frames[2])).toEqual([{ stream: "0-a", first: 3, count: 1, after: 1 }]);
  });

  it("of those left in a batch stay the same when one of it is given up", async () => {
    send("a");
    send("expired", 100);
    send("c");
    await settle();
    clock.time = 200;
    await broker.end("lost");
    await clock.advance(5_000);
    expect(handlers(broker.frames[1])).toEqual(["a", "c"]);
    expect(segments(broker.frames[1])).toEqual([
      { stream: "0-a", first: 1, count: 1, after: 0 },
      { stream: "0-a", first: 3, count: 1, after: 1 },
    ]);
  });

  it("are not used by queries and cancellations, which keep their place between the numbered ones", async () => {
    send("a");
    lane.send(new Sent('{"to":"A/1","kind":"query","handler":"q","args":[]}', undefined));
    send("b");
    await settle();
    expect(handlers(broker.frames[0])).toEqual(["a", "q", "b"]);
    expect(segments(broker.frames[0])).toEqual([{ stream: "0-a", first: 1, count: 2, after: 0 }]);
  });

  it("of several streams in one batch stand in segments, each linked to its own last number", async () => {
    send("a");
    relay(1_700_000_000_000_000, 0);
    relay(1_700_000_000_000_001, 1_700_000_000_000_000);
    send("b");
    relay(1_700_000_000_000_005, 1_700_000_000_000_001);
    await settle();
    expect(segments(broker.frames[0])).toEqual([
      { stream: "0-a", first: 1, count: 1, after: 0 },
      { stream: "Bank:g1:03", first: 1_700_000_000_000_000, count: 2, after: 0 },
      { stream: "0-a", first: 2, count: 1, after: 1 },
      { stream: "Bank:g1:03", first: 1_700_000_000_000_005, count: 1, after: 1_700_000_000_000_001 },
    ]);
  });

  it("of an outbox are those of its commits, with the link given there, also for its first message after a takeover", async () => {
    relay(77, 42);
    await settle();
    expect(segments(broker.frames[0])).toEqual([{ stream: "Bank:g1:03", first: 77, count: 1, after: 42 }]);
  });
});

describe("S5: giving up", () => {
  it("after refusals only, is OverloadedError: certainly nothing happened", async () => {
    const message = send("a", 100);
    await settle();
    await broker.end("refused");
    await clock.advance(60);
    clock.time = 100;
    await broker.end("unroutable");
    expect(message.outcome).toBeInstanceOf(OverloadedError);
    expect(message.outcome).toMatchObject({ effect: "none", scope: "mailbox", retryAfterMs: expect.any(Number) });
  });

  it("after one unknown outcome, is UnknownOutcomeError", async () => {
    const message = send("a", 100);
    await settle();
    await broker.end("lost");
    await clock.advance(60);
    clock.time = 100;
    await broker.end("refused");
    expect(message.outcome).toBeInstanceOf(UnknownOutcomeError);
    expect(message.outcome).toMatchObject({ effect: "unknown" });
  });

  it("also ends what still waits behind the batch, once its own time is over", async () => {
    relay(77, 42);
    await settle();
    const waiting = send("waiting", 100);
    clock.time = 200;
    await broker.end("refused");
    expect(waiting.outcome).toBeInstanceOf(OverloadedError);
  });

  it("never happens to an outbox message", async () => {
    const message = relay(77, 42);
    await settle();
    for (let i = 0; i < 50; i++) {
      await broker.end(i % 2 === 0 ? "lost" : "refused");
      await clock.advance(60_000);
    }
    expect(message.outcome).toBeUndefined();
    await broker.end("confirmed");
    expect(message.outcome).toBe("confirmed");
  });

  it("happens to everything when the lane is closed, and nothing is sent any more", async () => {
    const out = send("out");
    await settle();
    const waiting = send("waiting");
    lane.close();
    await broker.end("confirmed");
    send("late");
    await settle();
    // What was published may have arrived.
    expect(out.outcome).toMatchObject({ code: "CLOSED", effect: "unknown" });
    expect(waiting.outcome).toMatchObject({ code: "CLOSED", effect: "none" });
    expect(broker.frames).toHaveLength(1);
  });

  it("leaves no timer behind when the lane is closed before it publishes again", async () => {
    send("a");
    await settle();
    await broker.end("refused");
    expect(clock.pending).toBe(1);
    lane.close();
    expect(clock.pending).toBe(0);
  });

  it("T5: drops what waits of a partition that was lost, and nothing else", async () => {
    send("a");
    await settle();
    relay(77, 42, "Bank:g1:03");
    relay(78, 42, "Bank:g1:04");
    send("b");
    lane.dropOutbox("Bank:g1:03");
    await broker.end("confirmed");
    expect(handlers(broker.frames[1])).toEqual(["78", "b"]);
  });
});

describe("S6: a stream is closed, and the next send opens a new one,", () => {
  const halfAnHour = 1_800_000;

  it("after half the time its owner keeps its row without a publication", async () => {
    send("a");
    await settle();
    await broker.end("confirmed");
    clock.time = halfAnHour;
    send("still the same");
    await settle();
    await broker.end("confirmed");
    clock.time = 2 * halfAnHour + 1;
    send("new");
    await settle();
    expect(broker.frames.map((frame) => segments(frame)[0])).toEqual([
      { stream: "0-a", first: 1, count: 1, after: 0 },
      { stream: "0-a", first: 2, count: 1, after: 1 },
      { stream: `${2 * halfAnHour + 1}-b`, first: 1, count: 1, after: 0 },
    ]);
  });

  it("when its batch was first published longer ago than that; the batch is given up, as after a passed deadline", async () => {
    const message = send("a");
    relay(77, 42);
    await settle();
    while (clock.time <= halfAnHour) {
      expect(message.outcome).toBeUndefined();
      await broker.end("lost");
      await clock.advance(2_000);
    }
    await broker.end("refused");
    expect(message.outcome).toBeInstanceOf(UnknownOutcomeError);
    await clock.advance(2_000);
    // What an outbox sent in that batch goes on.
    expect(segments(broker.frames.at(-1))).toEqual([{ stream: "Bank:g1:03", first: 77, count: 1, after: 42 }]);
    await broker.end("confirmed");
    send("b");
    await settle();
    expect(segments(broker.frames.at(-1))[0]).toMatchObject({ stream: expect.stringMatching(/^\d+-b$/), first: 1 });
  });

  it("when its owner refuses it: what waits goes under the new one, and nothing is published again", async () => {
    const stored = send("stored");
    await settle();
    const waits = send("waits");
    expect(lane.closeStream("0-of somebody else")).toBe(false);
    expect(lane.closeStream("0-a")).toBe(true);
    expect(stored.outcome).toBeUndefined();
    time.correct(7_000);
    await broker.end("refused");
    expect(stored.outcome).toBeInstanceOf(OverloadedError);
    await clock.advance(2_000);
    expect(broker.frames.map((frame) => segments(frame)[0])).toEqual([
      { stream: "0-a", first: 1, count: 1, after: 0 },
      { stream: expect.stringMatching(/^70\d\d-b$/), first: 1, count: 1, after: 0 },
    ]);
    await broker.end("confirmed");
    expect(waits.outcome).toBe("confirmed");
  });

  it("when its owner refuses it, also while its batch is on its way: a confirm still counts", async () => {
    const message = send("a");
    await settle();
    lane.closeStream("0-a");
    await broker.end("confirmed");
    expect(message.outcome).toBe("confirmed");
    send("b");
    await settle();
    expect(segments(broker.frames[1])[0]).toMatchObject({ stream: "0-b", first: 1, after: 0 });
  });
});

describe("S9: the last word of a stream", () => {
  it("takes a number, after the last one confirmed", async () => {
    for (const text of ["a", "b"]) send(text);
    await settle();
    await broker.end("confirmed");
    void lane.finish();
    await settle();
    expect(segments(broker.frames[1])).toEqual([{ stream: "0-a", first: 3, count: 1, after: 2 }]);
    expect(parseMessages(broker.frames[1]!.body)).toEqual([{ to: "", kind: "fin", handler: "", args: [] }]);
  });

  it("is not published again, whatever becomes of it", async () => {
    send("a");
    await settle();
    await broker.end("confirmed");
    let done = false;
    void lane.finish().then(() => {
      done = true;
    });
    await broker.end("lost");
    expect(done).toBe(true);
    await clock.advance(60_000);
    expect(broker.frames).toHaveLength(2);
  });

  it.each(["lost", "refused"] as const)(
    "is not said once a publication was %s: there may be a second copy",
    async (outcome) => {
      send("a");
      await settle();
      await broker.end(outcome);
      await clock.advance(2_000);
      await broker.end("confirmed");
      await lane.finish();
      expect(broker.frames).toHaveLength(2);
    },
  );

  it("is not said while something is on its way, nor where nothing was sent", async () => {
    relay(77, 42);
    await settle();
    await broker.end("confirmed");
    await lane.finish();
    send("a");
    await settle();
    await lane.finish();
    expect(broker.frames).toHaveLength(2);
  });
});

describe("O3: a frame", () => {
  it("says where its sender hears of a refused stream, unless it holds outbox messages only", async () => {
    send("a");
    await settle();
    await broker.end("confirmed");
    relay(77, 42);
    await settle();
    expect(broker.frames.map(({ headers }) => headers.replyTo)).toEqual(["me", undefined]);
  });
});
