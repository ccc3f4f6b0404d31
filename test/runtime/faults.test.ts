import { StoreUnavailableError } from "@actor-runtime/core";
import type { Half, ManualClock } from "@actor-runtime/embedded";
import { SeededRandom } from "@actor-runtime/embedded";
import {
  Actor,
  ActorContext,
  Handler,
  inject,
  type LocalSystem,
  type Ports,
  Query,
  State,
} from "@actor-runtime/runtime";
import { describe, expect, it } from "vitest";
import { Rig, type Watched, watch } from "./support.js";

let clock: ManualClock;

/** Keeps what it is told, tells it on, and fails now and then after it did both. */
@Actor("Source", { partitions: 2, attempts: 1_000_000, idleAfter: "2s" })
class Source {
  private readonly self = inject(ActorContext);
  @State() private readonly seen: number[] = [];

  @Handler() note(n: number): number {
    this.seen.push(n);
    this.self.ref(Sink, `s${n % 3}`).tell.note(this.self.key, n);
    if (this.self.random() < 0.05) throw new Error("now and then");
    return this.seen.length;
  }
  /** Slow enough for what waits behind it to be stored, for so small a window. */
  @Handler() async noteSlowly(n: number): Promise<number> {
    await new Promise<void>((resolve) => clock.after(this.self.random() * 400, resolve));
    return this.note(n);
  }
  @Handler() async noteAndAsk(n: number): Promise<number> {
    this.seen.push(n);
    await this.self.ref(Sink, `s${n % 3}`).note(this.self.key, n);
    if (this.self.random() < 0.05) throw new Error("now and then");
    return this.seen.length;
  }
  /** To two actors in partitions of their own, so that both messages may have the same number. */
  @Handler() fan(n: number): number {
    for (const key of fanned) this.self.ref(Loose, key).tell.note(n);
    return this.note(n);
  }
  @Query() list(): number[] {
    return this.seen;
  }
}

/**
 * Lets others pass while a message waits for its next attempt, and asks another actor always for the same. Answers are kept
 * for longer than any storm lasts: what comes twice under one key, or runs again, has no second effect.
 */
@Actor("Loose", { partitions: 2, attempts: 1_000_000, whileRetrying: "pass", replyRetention: "1h" })
class Loose {
  private readonly self = inject(ActorContext);
  @State() private readonly seen: number[] = [];

  @Handler() async note(n: number): Promise<void> {
    this.seen.push(n);
    await this.self.ref(Meter, "m").hit();
    if (this.self.random() < 0.05) throw new Error("now and then");
  }
  /** Long enough for its sender to be forgotten meanwhile, were it not for this. */
  @Handler({ timeout: "10m" }) async noteForLong(n: number): Promise<void> {
    await new Promise<void>((resolve) => clock.after(55_000 + this.self.random() * 20_000, resolve));
    return this.note(n);
  }
  @Query() list(): number[] {
    return this.seen;
  }
}

@Actor("Meter", { partitions: 1, replyRetention: "1h" })
class Meter {
  @State() private hits = 0;

  @Handler() hit(): number {
    return ++this.hits;
  }
  @Query() count(): number {
    return this.hits;
  }
}

@Actor("Sink", { partitions: 2, attempts: 1_000_000 })
class Sink {
  private readonly self = inject(ActorContext);
  @State() private readonly seen: [from: string, n: number][] = [];

  @Handler() note(from: string, n: number): number {
    this.seen.push([from, n]);
    if (this.self.random() < 0.05) throw new Error("now and then");
    return n;
  }
  @Query() list(): [string, number][] {
    return this.seen;
  }
}

interface Sent {
  readonly n: number;
  readonly key: string;
  readonly kind: "tell" | "ask" | "fan" | "loose";
  readonly result: Watched<unknown>;
}

const actors = [Source, Sink, Loose, Meter];
/** In two partitions, as those that are told directly. */
const fanned = ["a", "b"];
const loose = ["c", "d"];
const partitions = [
  "Source:g1:00",
  "Source:g1:01",
  "Sink:g1:00",
  "Sink:g1:01",
  "Loose:g1:00",
  "Loose:g1:01",
  "Meter:g1:00",
] as const;
const halves: readonly Half[] = ["broker", "store", "both"];

/** Two workers and a client under faults that the seed decides, then peace. */
async function storm(seed: number): Promise<{ rig: Rig; sent: Sent[]; client: LocalSystem }> {
  const random = new SeededRandom(seed);
  const below = (bound: number) => Math.floor(random.next() * bound);
  const oneOf = <T>(items: readonly T[]) => items[below(items.length)]!;
  const rig = new Rig();
  const processes = ["worker-1", "worker-2", "client"];
  clock = rig.clock;
  // Short, so that streams are forgotten, and given up by their senders; small, so that messages are stored, within a storm.
  const limits = { streamRetentionMs: 20_000, maxUnsettledBytes: 1 };
  /** So many channels are opened late, or not at all. */
  let slowOpenings = 0;
  let acksLost = false;
  const flaky = ({ broker, ...ports }: Ports): Ports => {
    const consume: typeof broker.consume = async (...args) => {
      if (slowOpenings > 0) {
        slowOpenings--;
        await new Promise<void>((resolve) => clock.after(below(25_000), resolve));
        if (random.next() < 0.5) throw new StoreUnavailableError("no channel");
      }
      const channel = await broker.consume(...args);
      return { ack: (tag) => void (acksLost || channel.ack(tag)), close: () => channel.close() };
    };
    return { ...ports, broker: { ...broker, consume } };
  };
  const start = (process: string) => rig.host(actors, { process, limits, ports: flaky });
  const workers = [await start("worker-1"), await start("worker-2")];
  const client = await rig.host([], { process: "client", limits });
  const sent: Sent[] = [];
  let n = 0;

  /** A worker leaves in peace, if its connections let it, and another one comes. */
  const replace = async (): Promise<void> => {
    const place = below(workers.length);
    void watch(workers[place]!.close({ drainTimeout: 500 }));
    await rig.advance(below(2_000));
    const process = `worker-${rig.clock.monotonic()}`;
    processes.push(process);
    // It is waited for without time going on.
    slowOpenings = 0;
    workers[place] = await start(process);
  };

  const faults: (() => void | Promise<void>)[] = [
    () => rig.world.loseConfirms(1 + below(3)),
    () => rig.world.refuse(oneOf(partitions), true),
    () => {
      for (const partition of partitions) rig.world.refuse(partition, false);
    },
    () => rig.world.cutChannels(random.next() < 0.5 ? oneOf(partitions) : undefined),
    () => rig.world.store.failCommits(1 + below(3), oneOf(["before", "after"])),
    () => void watch(oneOf(workers).crash(`Source/k${below(3)}`)),
    () => void watch(oneOf(workers).crash(`Sink/s${below(3)}`)),
    () => rig.world.disconnect(oneOf(processes), oneOf(halves)),
    () => {
      for (const process of processes) rig.world.reconnect(process);
    },
    () => rig.world.reopenReplies(oneOf(processes)),
    () => void (slowOpenings = 1 + below(3)),
    async () => {
      acksLost = true;
      await rig.advance(below(5_000));
      rig.world.cutChannels();
      acksLost = false;
    },
    // Somebody who comes, says something and goes, often before it was heard.
    async () => {
      const guest = await rig.host([], { process: `guest-${rig.clock.monotonic()}`, limits });
      for (let i = 1 + below(3); i > 0; i--) sendLoosely(guest);
      await rig.advance(below(300));
      void watch(guest.close());
    },
    replace,
    // A silence in which streams are forgotten.
    () => rig.advance(below(60_000)),
  ];

  /** To an actor that keeps no order: late, or twice under one key. */
  const sendLoosely = (from: LocalSystem) => {
    n++;
    const key = oneOf(loose);
    const ref = from.ref<Loose>("Loose", key);
    const tell = (to: Pick<typeof ref, "tell">) => {
      sent.push({ n, key, kind: "loose", result: watch<unknown>(to.tell.note(n)) });
    };
    const chance = random.next();
    if (chance < 0.1) sent.push({ n, key, kind: "loose", result: watch<unknown>(ref.tell.noteForLong(n)) });
    else if (chance < 0.3) tell(ref.with({ delay: "3s" }));
    else if (chance < 0.6) tell(ref.with({ timeout: "20s" }));
    else for (let i = 0; i < 2; i++) tell(ref.with({ timeout: "20s", idempotencyKey: `order-${n}` }));
  };

  const send = () => {
    if (random.next() < 0.3) {
      sendLoosely(client);
      return;
    }
    n++;
    const key = `k${below(3)}`;
    const named = random.next() < 0.3 ? { idempotencyKey: `order-${n}` } : {};
    const ref = client.ref<Source>("Source", key).with({ timeout: "20s", ...named });
    const kind = oneOf(["tell", "tell", "ask", "ask", "fan"] as const);
    const told = random.next() < 0.2 ? ref.tell.noteSlowly : ref.tell.note;
    if (kind === "fan") sent.push({ n, key, kind, result: watch<unknown>(ref.tell.fan(n)) });
    else if (kind === "tell") sent.push({ n, key, kind, result: watch<unknown>(told(n)) });
    else sent.push({ n, key, kind, result: watch<unknown>(random.next() < 0.5 ? ref.note(n) : ref.noteAndAsk(n)) });
  };

  for (let step = 0; step < 60; step++) {
    for (let i = below(4); i > 0; i--) send();
    if (random.next() < 0.4) await oneOf(faults)();
    await rig.advance(random.next() < 0.9 ? below(30) : below(8_000));
  }

  slowOpenings = 0;
  rig.world.loseConfirms(0);
  rig.world.store.failCommits(0, "before");
  for (const partition of partitions) rig.world.refuse(partition, false);
  for (const process of processes) rig.world.reconnect(process);
  // Turns may take a minute, one after the other.
  await rig.advance(1_800_000);
  return { rig, sent, client };
}

/** Answers of a query, with time going on for it. */
async function ask<T>(rig: Rig, query: Promise<T>): Promise<T> {
  const answer = watch(query);
  await rig.advance(20_000);
  expect(answer.error).toBeUndefined();
  expect(answer.state).toBe("resolved");
  return answer.value!;
}

/** What is wrong with one actor's messages, in words: what its list and the sinks hold against what senders were told. */
function complaints(sent: readonly Sent[], seen: readonly number[], told: readonly number[]): string[] {
  const wrong: string[] = [];
  const asked = new Set(sent.filter(({ kind }) => kind === "ask").map(({ n }) => n));
  if (new Set(seen).size < seen.length) wrong.push(`something took effect twice: ${seen.join()}`);
  if (new Set(told).size < told.length) wrong.push(`something was told on twice: ${told.join()}`);
  if (seen.some((n, i) => i > 0 && n < seen[i - 1]!)) wrong.push(`not in the order sent: ${seen.join()}`);
  for (const { n, kind, result } of sent) {
    const took = seen.includes(n);
    if (result.state === "pending") wrong.push(`${kind} ${n} never ended`);
    if (result.state === "resolved" && !took) wrong.push(`${kind} ${n} was confirmed and took no effect`);
    if (result.error?.effect === "none" && took) wrong.push(`${kind} ${n} took effect in spite of ${result.error}`);
    if (took && !told.includes(n)) wrong.push(`${kind} ${n} took effect but what it sent did not`);
    // A turn that fails takes its tells back; asks it made stay.
    if (!took && told.includes(n) && !asked.has(n)) wrong.push(`${kind} ${n} took no effect but what it sent did`);
  }
  return wrong;
}

/** The same for an actor that keeps no order, and may have been sent one message several times under its key. */
function looseComplaints(sent: readonly Sent[], seen: readonly number[]): string[] {
  const wrong: string[] = [];
  if (new Set(seen).size < seen.length) wrong.push(`something took effect twice: ${seen.join()}`);
  for (const n of new Set(sent.map((message) => message.n))) {
    const results = sent.filter((message) => message.n === n).map(({ result }) => result);
    const took = seen.includes(n);
    if (results.some(({ state }) => state === "pending")) wrong.push(`${n} never ended`);
    if (results.some(({ state }) => state === "resolved") && !took) wrong.push(`${n} was confirmed and took no effect`);
    if (results.every(({ error }) => error?.effect === "none") && took) wrong.push(`${n} took effect, said to be none`);
  }
  return wrong;
}

const seeds = Array.from({ length: 30 }, (_, i) => i + 1);

describe("whatever fails, in the end each message took effect once or not at all, as its sender was told", () => {
  it.each(seeds)("P1, P2, P3 and P4 hold under seed %i", async (seed) => {
    const { rig, sent, client } = await storm(seed);
    expect(rig.escaped).toEqual([]);
    const noted: [string, number][] = [];
    for (const key of ["s0", "s1", "s2"]) noted.push(...(await ask(rig, client.ref<Sink>("Sink", key).list())));
    let fannedOut: number[] = [];
    for (const key of ["k0", "k1", "k2"]) {
      const seen = await ask(rig, client.ref<Source>("Source", key).list());
      const told = noted.filter(([from]) => from === key).map(([, n]) => n);
      const mine = sent.filter((message) => message.key === key);
      expect(complaints(mine, seen, told)).toEqual([]);
      fannedOut = fannedOut.concat(
        seen.filter((n) => mine.some((message) => message.n === n && message.kind === "fan")),
      );
    }
    let passed = 0;
    for (const key of [...fanned, ...loose]) {
      const seen = await ask(rig, client.ref<Loose>("Loose", key).list());
      passed += seen.length;
      expect(
        looseComplaints(
          sent.filter((message) => message.key === key),
          seen,
        ),
      ).toEqual([]);
      if (fanned.includes(key)) expect(seen.toSorted((a, b) => a - b)).toEqual(fannedOut.toSorted((a, b) => a - b));
    }
    expect(await ask(rig, client.ref<Meter>("Meter", "m").count())).toBe(passed);
    for (const type of ["Source", "Sink", "Loose", "Meter"]) expect(await rig.deadLetters(type)).toEqual([]);
  });
});
