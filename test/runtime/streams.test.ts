import { type Message, OverloadedError, parseReplies, type Reply, type Segment } from "@actor-runtime/core";
import { RecordingTelemetry } from "@actor-runtime/embedded";
import {
  Actor,
  ActorContext,
  type AnyActor,
  Handler,
  inject,
  type LocalSystem,
  type Ports,
  Query,
  State,
} from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { frameOf, Gate, Rig, rawFrame, refusalOf, watch } from "./support.js";

let runs: string[];
let gate: Gate;

@Actor("Counter", { partitions: 1 })
class Counter {
  private readonly self = inject(ActorContext);
  @State() private readonly names: string[] = [];

  @Handler() add(name: string): number {
    runs.push(name);
    return this.names.push(name);
  }
  @Handler() failOnce(name: string): void {
    runs.push(name);
    if (runs.length === 1) throw new Error("not yet");
  }
  @Handler() addAndTell(name: string): void {
    this.names.push(name);
    this.self.ref(Sink, "s").tell.add(name);
  }
  @Handler() async slowly(name: string): Promise<number> {
    await gate.pass();
    return this.names.push(name);
  }
  @Query() list(): string[] {
    return this.names;
  }
}

@Actor("Sink", { partitions: 1 })
class Sink extends Counter {}

/** Counts what it is told. */
@Actor("Tally", { partitions: 1 })
class Tally {
  @State() private count = 0;
  @Handler() add(): void {
    this.count++;
  }
  @Query() total(): number {
    return this.count;
  }
}

const partition = "Counter:g1:00";
const minute = 60_000;
/** How long owners keep the row of a silent stream here. */
const retention = 10 * minute;

let rig: Rig;
let telemetry: RecordingTelemetry;
let worker: LocalSystem;

beforeEach(async () => {
  runs = [];
  gate = new Gate();
  rig = new Rig();
  telemetry = new RecordingTelemetry();
  worker = await host([Counter, Sink], { ports: measured });
});

function host(actors: readonly AnyActor[], options: Parameters<Rig["host"]>[1] = {}): Promise<LocalSystem> {
  return rig.host(actors, { ...options, limits: { streamRetentionMs: retention, ...options.limits } });
}

function measured(ports: Ports): Ports {
  return { ...ports, telemetry };
}

/** The ports of a process whose wall clock is wrong. */
function ahead(ms: number): (ports: Ports) => Ports {
  return (ports) => {
    const { clock } = ports;
    return {
      ...ports,
      clock: {
        now: () => clock.now() + ms,
        monotonic: () => clock.monotonic(),
        after: (delayMs, task) => clock.after(delayMs, task),
      },
    };
  };
}

/** A process that believes the store's time to be so far from what it is: its own has stood still or run on since it asked. */
function drifted(ms: number): (ports: Ports) => Ports {
  return (ports) => {
    const time = async () => (await ports.store.time()) + ms;
    const get = (store: object, name: string): unknown => {
      const member: unknown = Reflect.get(store, name);
      return typeof member === "function" ? member.bind(store) : member;
    };
    const store = new Proxy(ports.store, {
      get: (target, name) => (name === "time" ? time : get(target, String(name))),
    });
    return { ...ports, store };
  };
}

function names(): Promise<string[]> {
  return worker.ref(Counter, "c").list();
}

/** A frame of a sender of our own making. */
function told(stream: string, first: number, after: number, added: readonly (string | Partial<Message>)[]) {
  const to = { to: "Counter/c", handler: "add" };
  return frameOf(
    { stream, first, after },
    added.map((what) => (typeof what === "string" ? { ...to, args: [what] } : { ...to, ...what })),
  );
}

/** The rows in the store, by stream. */
function rows(of = partition): Map<string, string> {
  return rig.world.store.snapshot().partitions.get(of)!.rows;
}

function floor(of = partition): number {
  return rig.world.store.snapshot().partitions.get(of)!.floor;
}

/** Names of the streams that a process has used, in the order of their first use. */
function streamsOf(process: string): string[] {
  const segments = rig.published
    .filter((sent) => sent.process === process)
    .flatMap(({ frame }) => [...frame.headers.segments]);
  return [...new Set(segments.map(({ stream }) => stream))];
}

/** A reply queue of nobody's. */
async function replyQueue(): Promise<{ address: string; replies: Reply[] }> {
  const replies: Reply[] = [];
  const receive = (body: Uint8Array) => void replies.push(...parseReplies(body));
  const { address } = await rig.stranger().openReplies({ receive, reopened: () => {} });
  return { address, replies };
}

describe("P12, A.8: streams of clients leave no rows behind", () => {
  const many = 10_000;
  const now = () => rig.clock.now();
  const tallies = "Tally:g1:00";
  let total: () => Promise<number>;

  /** A sender that says one thing, and perhaps that this was all. */
  async function shortLived(name: string, fin: boolean): Promise<void> {
    const last: Partial<Message> = { to: "", kind: "fin", handler: "" };
    const messages = [{ to: "Tally/t", handler: "add" }, ...(fin ? [last] : [])];
    await rig.publish(tallies, frameOf({ stream: `${now()}-${name}`, first: 1, after: 0 }, messages));
  }

  async function tenThousand(fin: boolean): Promise<void> {
    const system = await host([Tally], { process: "tally" });
    total = () => system.ref(Tally, "t").total();
    for (let i = 0; i < many; i++) await shortLived(String(i), fin);
    await rig.settle();
    expect(await total()).toBe(many);
    expect(rows(tallies).size).toBe(many);
  }

  it("when ten thousand said their last word, within minutes, and the floor stays", async () => {
    await tenThousand(true);
    await rig.advance(2 * minute);
    expect(rows(tallies).size).toBe(0);
    expect(floor(tallies)).toBe(0);
    expect(await total()).toBe(many);
  });

  it("when ten thousand just went away, after their retention, and new ones are taken before and after", async () => {
    await tenThousand(false);
    const opened = now();
    await rig.advance(retention - minute);
    expect(rows(tallies).size).toBe(many);
    await shortLived("before", false);
    await rig.advance(2 * minute);
    expect(rows(tallies).size).toBe(1);
    expect(floor(tallies)).toBe(opened);
    await shortLived("after", false);
    await rig.settle();
    expect(await total()).toBe(many + 2);
    expect(await rig.deadLetters("Tally")).toEqual([]);
  });

  it("S9: when a client closes, a minute later", async () => {
    const client = await host([], { process: "client" });
    await client.ref(Counter, "c").tell.add("a");
    await client.ref(Counter, "c").add("b");
    const [stream] = streamsOf("client");
    await client.close();
    await rig.settle();
    expect(rows().get(stream!)).toBe("3,fin");
    await rig.advance(minute - 2_000);
    expect(rows().has(stream!)).toBe(true);
    await rig.advance(14_000);
    expect(rows().has(stream!)).toBe(false);
    expect(floor()).toBe(0);
  });

  it("S9: only by their age, when a client may have published a number twice", async () => {
    const client = await host([], { process: "client" });
    rig.world.loseConfirms(1);
    const sent = watch(client.ref(Counter, "c").tell.add("a"));
    await rig.advance(1_000);
    expect(sent.state).toBe("resolved");
    const [stream] = streamsOf("client");
    await client.close();
    await rig.advance(5 * minute);
    expect(rows().get(stream!)).toBe("1");
    await rig.advance(retention);
    expect(rows().has(stream!)).toBe(false);
  });

  it("S9: and closing never waits for a broker that does not answer", async () => {
    const mute = (ports: Ports): Ports => ({
      ...ports,
      broker: {
        ...ports.broker,
        publish: (to, frame) => (closing ? new Promise<never>(() => {}) : ports.broker.publish(to, frame)),
      },
    });
    let closing = false;
    const client = await host([], { process: "client", ports: mute });
    await client.ref(Counter, "c").add("a");
    closing = true;
    const closed = watch(client.close());
    await rig.advance(1_000);
    expect(closed.state).toBe("resolved");
  });

  it("but not while a delivery waits for a message missing before it: others may be missing, too", async () => {
    const silent = `${now()}-silent`;
    await rig.publish(partition, told(silent, 1, 0, ["a"]));
    await rig.advance(retention - 5_000);
    await rig.publish(partition, told(`${now()}-held`, 2, 1, ["b"]));
    await rig.advance(8_000);
    expect(rows().has(silent)).toBe(true);
    // The hole passes in a new tenure, which counts anew.
    await rig.advance(retention);
    expect(rows().has(silent)).toBe(true);
    await rig.advance(minute);
    expect(rows().has(silent)).toBe(false);
  });

  it("but not within the retention after a takeover", async () => {
    const silent = `${now()}-silent`;
    await rig.publish(partition, told(silent, 1, 0, ["a"]));
    await rig.advance(6 * minute);
    await worker.crash("Counter/c");
    await rig.advance(9 * minute);
    expect(rows().has(silent)).toBe(true);
    await rig.advance(2 * minute);
    expect(rows().has(silent)).toBe(false);
  });

  it("but those of outboxes stay", async () => {
    await worker.ref(Counter, "c").addAndTell("a");
    await rig.advance(3 * retention);
    expect([...rows("Sink:g1:00").keys()]).toEqual([partition]);
    await worker.ref(Counter, "c").addAndTell("b");
    await rig.advance(2_000);
    expect(await worker.ref(Sink, "s").list()).toEqual(["a", "b"]);
  });

  it("and one more than the bound is refused with a typed error, while the others go on", async () => {
    await worker.close();
    const other = await host([Counter, Sink], { process: "other", limits: { maxStreams: 3 } });
    for (let i = 1; i <= 3; i++) await rig.publish(partition, told(`${now()}-${i}`, 1, 0, [String(i)]));
    const client = await host([], { process: "client" });
    const error = await refusalOf(client.ref(Counter, "c").add("one more"));
    expect(error).toBeInstanceOf(OverloadedError);
    expect(error).toMatchObject({ scope: "partition", effect: "none" });
    await rig.publish(partition, told(`${now()}-2`, 2, 1, ["2 again"]));
    await rig.settle();
    expect(await other.ref(Counter, "c").list()).toEqual(["1", "2", "3", "2 again"]);
  });
});

describe("O3: an unknown stream", () => {
  it("C.10: of a client that stopped for twice the retention is stale: what it publishes again is not applied twice", async () => {
    const { address, replies } = await replyQueue();
    const stream = `${rig.clock.now()}-paused`;
    const frame = told(stream, 1, 0, ["a", "b", { kind: "ask", args: ["c"], call: "7", replyTo: address }]);
    await rig.publish(partition, frame);
    await rig.advance(2 * retention);
    expect(await names()).toEqual(["a", "b", "c"]);
    await rig.publish(partition, { ...frame, headers: { ...frame.headers, replyTo: address } });
    await rig.settle();
    expect(await names()).toEqual(["a", "b", "c"]);
    expect(await rig.deadLetters("Counter")).toMatchObject(
      [1, 2].map((n) => ({ id: `${stream}:${n}`, cause: { class: "StaleStreamError", effect: "unknown" } })),
    );
    expect(replies).toMatchObject([
      { call: "7", value: 3 },
      { call: "", refused: { stream, storeTime: rig.clock.now() } },
      { call: "7", error: { class: "StaleStreamError" } },
    ]);
    expect(rows().has(stream)).toBe(false);
    expect(telemetry.total("stream.refused")).toBe(1);
  });

  it("that is stale has no hole, whatever number it begins with", async () => {
    await rig.publish(partition, told("1000-old", 5, 4, ["a"]));
    await rig.settle();
    expect(await rig.deadLetters("Counter")).toHaveLength(0);
    await rig.advance(25_000);
    // Nothing was forgotten so far, so it may be new.
    expect(await names()).toEqual(["a"]);
    await rig.advance(2 * retention);
    await rig.publish(partition, told("1000-old", 8, 7, ["b"]));
    await rig.settle();
    expect(await rig.deadLetters("Counter")).toHaveLength(1);
  });

  it("closes its sender's stream, also when it was only told: the next message counts", async () => {
    await worker.close();
    const short = await host([Counter, Sink], { process: "short", limits: { streamRetentionMs: minute } });
    const client = await host([], { process: "client" });
    await client.ref(Counter, "c").tell.add("a");
    await rig.advance(3 * minute);
    // The client renews its stream after five minutes only: it was configured wrongly.
    await client.ref(Counter, "c").tell.add("lost");
    await rig.settle();
    expect(await rig.deadLetters("Counter")).toMatchObject([{ message: { args: ["lost"] } }]);
    await client.ref(Counter, "c").tell.add("b");
    expect(await client.ref(Counter, "c").add("c")).toBe(3);
    expect(await short.ref(Counter, "c").list()).toEqual(["a", "b", "c"]);
    expect(streamsOf("client")).toHaveLength(2);
  });

  it("of a client whose time runs five minutes ahead is refused once; then it goes by the store's", async () => {
    const client = await host([], { process: "client", ports: drifted(5 * minute) });
    const error = await refusalOf(client.ref(Counter, "c").add("a"));
    expect(error).toMatchObject({ code: "CLOCK_SKEW", effect: "none", retryable: true });
    expect(await client.ref(Counter, "c").add("b")).toBe(1);
    await client.ref(Counter, "c").tell.add("c");
    expect(await names()).toEqual(["b", "c"]);
    expect(streamsOf("client").map((name) => Number.parseInt(name, 10))).toEqual([
      rig.clock.now() + 5 * minute,
      rig.clock.now(),
    ]);
  });

  it("of a client that slept for long is refused once; then it goes by the store's time", async () => {
    await rig.publish(partition, told(`${rig.clock.now()}-gone`, 1, 0, ["a"]));
    await rig.advance(2 * retention);
    const client = await host([], { process: "client", ports: drifted(-5 * retention) });
    await client.ref(Counter, "c").tell.add("b");
    await rig.settle();
    expect(await rig.deadLetters("Counter")).toMatchObject([{ cause: { class: "StaleStreamError" } }]);
    expect(await client.ref(Counter, "c").add("c")).toBe(2);
  });

  it("whose frame cannot be read goes to the dead letters, and leaves no row", async () => {
    await rig.publish(partition, told(`${rig.clock.now()}-gone`, 1, 0, ["a"]));
    await rig.advance(2 * retention);
    const before = rows().size;
    await rig.publish(
      partition,
      rawFrame([{ stream: "1000-old", first: 1, count: 2, after: 0, settled: 0 }], "nonsense"),
    );
    await rig.settle();
    expect(await rig.deadLetters("Counter")).toHaveLength(1);
    expect(rows().size).toBe(before);
  });

  it("P13: with a name that is none costs nothing but a dead letter each", async () => {
    for (const name of ["", "x", "constructor", "__proto__", `1-${"x".repeat(10_000)}`]) {
      await rig.publish(partition, told(name, 1, 0, ["a"]));
    }
    await rig.settle();
    expect(await rig.deadLetters("Counter")).toHaveLength(5);
    expect(rows().size).toBe(0);
    expect(rig.escaped).toEqual([]);
  });

  it("P13: takes last words from anybody, and nothing comes of them", async () => {
    const fin: Partial<Message> = { to: "", kind: "fin", handler: "" };
    await rig.publish(partition, told("Sink:g1:00", 1, 0, [fin]));
    await rig.publish(partition, told("nobody", 1, 0, [fin]));
    await rig.publish(partition, told(`${rig.clock.now()}-a`, 1, 0, [{ ...fin, to: "Counter/c" }, "after"]));
    await rig.settle();
    expect(await names()).toEqual(["after"]);
    await rig.advance(2 * minute);
    expect([...rows()]).toEqual([
      ["Sink:g1:00", "1,fin"],
      [expect.stringContaining("-a"), "2"],
    ]);
    expect(await rig.deadLetters("Counter")).toEqual([]);
  });
});

describe("S6: a client", () => {
  it("opens a new stream after half of the retention in silence, and not before", async () => {
    const client = await host([], { process: "client" });
    await client.ref(Counter, "c").tell.add("a");
    await rig.advance(retention / 2 - minute);
    await client.ref(Counter, "c").tell.add("b");
    expect(streamsOf("client")).toHaveLength(1);
    await rig.advance(retention / 2 + minute);
    await client.ref(Counter, "c").tell.add("c");
    expect(streamsOf("client")).toHaveLength(2);
    expect(await names()).toEqual(["a", "b", "c"]);
  });
});

describe("O2: a hole", () => {
  const stream = "1767225600000-raw";
  const other = "1767225600000-other";

  it("is not passed with another one that was waited for longer", async () => {
    await rig.publish(partition, told(stream, 2, 1, ["b"]));
    await rig.advance(19_000);
    await rig.publish(partition, told(other, 2, 1, ["y"]));
    await rig.advance(3_000);
    expect(await names()).toEqual(["b"]);
    await rig.publish(partition, told(other, 1, 0, ["x"]));
    await rig.settle();
    expect(await names()).toEqual(["b", "x", "y"]);
    expect(telemetry.total("stream.gap_messages")).toBe(1);
  });

  it("of an outbox is not counted as millions of messages because its numbers jump with each takeover", async () => {
    const fence = 1_767_225_600_000_000;
    await rig.publish(partition, told("Sink:g1:00", fence, 0, ["a"]));
    await rig.settle();
    const later = fence + 60_000_000;
    await rig.publish(partition, told("Sink:g1:00", later + 5, later + 4, ["b"]));
    await rig.advance(25_000);
    expect(await names()).toEqual(["a", "b"]);
    expect(telemetry.total("stream.gap_messages")).toBe(1);
    const [hole] = rig.lines.filter(({ line }) => line.startsWith("messages are missing"));
    expect(hole!.fields).toMatchObject({ from: fence + 1, to: later + 4, messages: 1, atLeast: true });
  });

  it("passes although new ones keep coming", async () => {
    for (let second = 0; second < 60; second++) {
      await rig.publish(partition, told(`1767225600000-${second}`, 2, 1, [String(second)]));
      await rig.advance(1_000);
    }
    expect((await names()).length).toBeGreaterThan(20);
    await rig.advance(60_000);
    expect(await names()).toHaveLength(60);
    expect(telemetry.total("stream.gap_messages")).toBe(60);
  });

  it("that fills the window with held deliveries opens the channel anew at once, and passes after its time", async () => {
    await worker.close();
    const system = await host([Counter, Sink], {
      process: "small",
      limits: { maxUnsettledBytes: 1 },
      ports: measured,
    });
    for (let n = 2; n <= 6; n++) await rig.publish(partition, told(stream, n, n - 1, [String(n)]));
    await rig.advance(500);
    expect(telemetry.total("actor.partitions_lost")).toBe(1);
    await rig.advance(9_000);
    expect(runs).toEqual([]);
    await rig.advance(3_000);
    expect(await system.ref(Counter, "c").list()).toEqual(["2", "3", "4", "5", "6"]);
    expect(telemetry.total("actor.partitions_lost")).toBe(1);
  });

  it("in the middle of a frame passes like any other", async () => {
    // Number 5 is settled unread, so the second message of the next frame is the one that misses 1 to 4.
    await rig.publish(partition, rawFrame([{ stream, first: 5, count: 1, after: 4, settled: 0 }], "nonsense"));
    await rig.publish(partition, told(stream, 5, 0, ["five", "six"]));
    await rig.advance(25_000);
    expect(await names()).toEqual(["six"]);
  });

  it("lets a late copy run late, but not when its repeat ran before it", async () => {
    const { address, replies } = await replyQueue();
    const ask = { kind: "ask", args: ["a"], call: "1", replyTo: address } as const;
    await rig.publish(partition, told(stream, 2, 1, [{ ...ask, of: `${stream}:1` }]));
    await rig.advance(25_000);
    expect(await names()).toEqual(["a"]);
    await rig.publish(partition, told(stream, 1, 0, [ask]));
    await rig.settle();
    expect(runs).toEqual(["a"]);
    expect(replies).toEqual([
      { call: "1", value: 1 },
      { call: "1", value: 1 },
    ]);
    // And neither of both runs when it comes once more.
    await rig.publish(partition, told(stream, 1, 0, [ask]));
    await rig.settle();
    expect(runs).toEqual(["a"]);
  });

  it("lets a late copy run late, but not when its repeat waits before it in the queue", async () => {
    const { address, replies } = await replyQueue();
    const ask = { kind: "ask", handler: "slowly", args: ["a"], call: "1", replyTo: address } as const;
    await rig.publish(partition, told(stream, 2, 1, [{ ...ask, of: `${stream}:1` }]));
    await rig.advance(25_000);
    await rig.publish(partition, told(stream, 1, 0, [ask]));
    gate.open();
    await rig.settle();
    expect(await names()).toEqual(["a"]);
    expect(replies).toHaveLength(2);
  });

  it("O5: does not let an ask that was held for it run twice, when its repeat ran in another stream meanwhile", async () => {
    const { address, replies } = await replyQueue();
    const ask = { kind: "ask", args: ["a"], call: "1", replyTo: address } as const;
    await rig.publish(partition, told(stream, 5, 4, [ask]));
    await rig.advance(5_000);
    expect(runs).toEqual([]);
    const another = `${rig.clock.now()}-0123456789abcdef`;
    await rig.publish(partition, told(another, 1, 0, [{ ...ask, of: `${stream}:5` }]));
    await rig.settle();
    expect(runs).toEqual(["a"]);
    await rig.advance(25_000);
    expect(runs).toEqual(["a"]);
    expect(replies).toEqual([
      { call: "1", value: 1 },
      { call: "1", value: 1 },
    ]);
  });

  it("that was passed closes after the retention: a copy that late is a duplicate", async () => {
    await rig.publish(partition, told("Sink:g1:00", 3, 2, ["c"]));
    await rig.advance(25_000);
    await rig.publish(partition, told("Sink:g1:00", 1, 0, ["a"]));
    await rig.settle();
    expect(await names()).toEqual(["c", "a"]);
    await rig.advance(retention);
    await rig.publish(partition, told("Sink:g1:00", 2, 1, ["b"]));
    await rig.settle();
    expect(await names()).toEqual(["c", "a"]);
    expect(rows().get("Sink:g1:00")).toBe("3");
  });
});

describe("T1: a store that lost writes", () => {
  const stream = "1767225600000-raw";

  /** Two messages are applied and acked; then the store forgets the second. */
  async function rewind(): Promise<void> {
    await rig.publish(partition, told(stream, 1, 0, ["a"]));
    await rig.settle();
    const backup = rig.world.store.snapshot();
    await rig.publish(partition, told(stream, 2, 1, ["b"]));
    await rig.publish(partition, told(stream, 3, 2, ["c"]));
    await rig.settle();
    rig.world.store.restore(backup);
  }

  it("makes every partition be taken anew, also one that lost nothing, and each once", async () => {
    await rewind();
    await rig.advance(20_000);
    const taken = rig.lines.flatMap(({ line, fields }) => (line.startsWith("lost ") ? fields.partitions : []));
    expect(taken).toHaveLength(2);
    expect(new Set(taken)).toEqual(new Set([partition, "Sink:g1:00"]));
    expect(telemetry.total("actor.partitions_rewound")).toBe(2);
  });

  it("O2: does not let a partition stand still because what comes again has several holes in it", async () => {
    const slow = { to: "Counter/slow", handler: "slowly" };
    await rig.publish(partition, told(stream, 1, 0, ["a"]));
    await rig.settle();
    const backup = rig.world.store.snapshot();
    await rig.publish(partition, told(stream, 2, 1, ["b"]));
    await rig.publish(partition, told(stream, 3, 2, [{ ...slow, args: ["x"] }]));
    await rig.publish(partition, told(stream, 4, 3, ["c"]));
    await rig.publish(partition, told(stream, 5, 4, [{ ...slow, args: ["y"] }]));
    await rig.publish(partition, told(stream, 6, 5, ["d"]));
    await rig.settle();
    expect(await names()).toEqual(["a", "b", "c", "d"]);
    rig.world.store.restore(backup);
    await rig.advance(5_000);
    gate.open();
    await rig.publish(partition, told(stream, 7, 6, ["e"]));
    await rig.settle();
    expect(await names()).toEqual(["a", "e"]);
    expect(await worker.ref(Counter, "slow").list()).toEqual(["x", "y"]);
    expect(telemetry.total("stream.gap_messages")).toBe(3);
  });

  it("O2: lets holes pass at once where a stream begins again, and only there", async () => {
    await rewind();
    await rig.advance(5_000);
    await rig.publish(partition, told(stream, 4, 3, ["d"]));
    await rig.settle();
    expect(await names()).toEqual(["a", "d"]);
    await rig.publish(partition, told(stream, 6, 5, ["f"]));
    await rig.settle();
    expect(await names()).toEqual(["a", "d"]);
    await rig.publish(partition, told(stream, 5, 4, ["e"]));
    await rig.settle();
    expect(await names()).toEqual(["a", "d", "e", "f"]);
    const gaps = telemetry.counts.filter(({ instrument }) => instrument === "stream.gap_messages");
    expect(gaps).toMatchObject([{ value: 2, labels: { cause: "rewound" } }]);
  });
});

describe("O4: clocks", () => {
  it("of a worker follow the store's: asks are started in time although its own is a minute ahead", async () => {
    await worker.close();
    const wrong = await host([Counter, Sink], { process: "wrong", ports: ahead(minute) });
    const client = await host([], { process: "client" });
    expect(await client.ref(Counter, "c").with({ timeout: "5s" }).add("a")).toBe(1);
    expect(await wrong.ref(Counter, "c").add("b")).toBe(2);
  });

  it.each([
    ["ahead", 10 * minute],
    ["behind", -10 * minute],
  ])(
    "of a client ten minutes %s do no harm: its asks are started and its delays as long as they should be",
    async (_, ms) => {
      const client = await host([], { process: "client", ports: ahead(ms) });
      expect(await client.ref(Counter, "c").with({ timeout: "1s" }).add("a")).toBe(1);
      await client.ref(Counter, "c").with({ delay: "30s" }).tell.add("b");
      await rig.advance(29_000);
      expect(await names()).toEqual(["a"]);
      await rig.advance(1_000);
      expect(await names()).toEqual(["a", "b"]);
    },
  );

  it.each([
    ["ahead", 10 * minute],
    ["back", -10 * minute],
  ])("of a worker that jump ten minutes %s neither hurry nor hold up what waits for its time", async (_, ms) => {
    await worker.close();
    let jumpedMs = 0;
    const jumping = ({ clock, ...ports }: Ports): Ports => {
      const now = () => clock.now() + jumpedMs;
      return {
        ...ports,
        clock: { now, monotonic: () => clock.monotonic(), after: (wait, task) => clock.after(wait, task) },
      };
    };
    worker = await host([Counter, Sink], { process: "jumping", ports: jumping });
    const client = await host([], { process: "client" });
    await client.ref(Counter, "c").with({ delay: "30s" }).tell.add("a");
    jumpedMs = ms;
    await client.ref(Counter, "c").with({ delay: "30s" }).tell.add("b");
    await client.ref(Counter, "f").tell.failOnce("c");
    await rig.advance(29_000);
    expect(await names()).toEqual([]);
    expect(runs).toEqual(["c", "c"]);
    await rig.advance(1_000);
    expect(await names()).toEqual(["a", "b"]);
  });

  it("that come to differ by more than a second are reported once", async () => {
    let skewMs = 0;
    const drifting = (ports: Ports): Ports => {
      const { clock } = ports;
      const now = () => clock.now() + skewMs;
      return {
        ...ports,
        clock: { now, monotonic: () => clock.monotonic(), after: (ms, task) => clock.after(ms, task) },
      };
    };
    await worker.close();
    await host([Counter, Sink], { process: "drifting", ports: drifting });
    await rig.advance(10_000);
    const reports = () => rig.logged("warn").filter((line) => line.includes("clock differs"));
    expect(reports()).toEqual([]);
    skewMs = -1_500;
    await rig.advance(20_000);
    expect(reports()).toHaveLength(1);
  });
});

describe("S8: repeats", () => {
  async function deaf(): Promise<{ client: LocalSystem; reopen: () => void }> {
    const client = await host([], {
      process: "client",
      ports: (ports) => ({
        ...ports,
        broker: {
          ...ports.broker,
          openReplies: (listener) =>
            ports.broker.openReplies({ receive: () => {}, reopened: () => listener.reopened() }),
        },
      }),
    });
    return { client, reopen: () => rig.world.reopenReplies("client") };
  }

  const repeats = () => rig.messagesTo(partition).filter(({ of }) => of !== undefined).length;

  it("stay within a tenth of the asks, and those that had to wait follow", async () => {
    const { client } = await deaf();
    for (let i = 0; i < 300; i++) watch(client.ref(Counter, "c").with({ timeout: "8s" }).add(String(i)));
    await rig.advance(4_500);
    expect(repeats()).toBe(30);
  });

  it("all leave at once when the reply queue was opened anew", async () => {
    const { client, reopen } = await deaf();
    for (let i = 0; i < 300; i++) watch(client.ref(Counter, "c").with({ timeout: "8s" }).add(String(i)));
    await rig.settle();
    reopen();
    await rig.settle();
    expect(repeats()).toBe(300);
    expect(runs).toHaveLength(300);
  });
});

describe("O9: a frame", () => {
  it("that was settled before its channel was known is acked, too", async () => {
    const acked: number[] = [];
    let delivered = 0;
    const counted = (ports: Ports): Ports => ({
      ...ports,
      broker: {
        ...ports.broker,
        consume: async (mailbox, id, prefetch, consumer) => {
          const deliver: typeof consumer.deliver = (delivery) => {
            if (id === partition) delivered++;
            consumer.deliver(delivery);
          };
          const channel = await ports.broker.consume(mailbox, id, prefetch, { ...consumer, deliver });
          // What a network does: the first deliveries overtake the answer.
          await rig.settle();
          return {
            ack: (tag) => {
              if (id === partition) acked.push(tag);
              channel.ack(tag);
            },
            close: () => channel.close(),
          };
        },
      },
    });
    const segment: Pick<Segment, "stream" | "first" | "after"> = { stream: "1767225600000-raw", first: 1, after: 0 };
    const frame = frameOf(segment, [{ to: "Counter/c", handler: "add", args: ["a"] }]);
    await rig.publish(partition, frame);
    await rig.settle();
    await worker.close();
    // It comes again, and is a duplicate.
    await rig.publish(partition, frame);
    await host([Counter, Sink], { process: "next", ports: counted });
    await rig.settle();
    expect([delivered, acked]).toEqual([1, [1]]);
  });
});
