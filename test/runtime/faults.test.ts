import type { Half, ManualClock } from "@actor-runtime/embedded";
import { SeededRandom } from "@actor-runtime/embedded";
import { Actor, ActorContext, Handler, inject, type LocalSystem, Query, State } from "@actor-runtime/runtime";
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
  @Query() list(): number[] {
    return this.seen;
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
  readonly kind: "tell" | "ask";
  readonly result: Watched<unknown>;
}

const partitions = ["Source:g1:00", "Source:g1:01", "Sink:g1:00", "Sink:g1:01"] as const;
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
  const start = (process: string) => rig.host([Source, Sink], { process, limits });
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
    replace,
    // A silence in which streams are forgotten.
    () => rig.advance(below(60_000)),
  ];

  const send = () => {
    n++;
    const key = `k${below(3)}`;
    const named = random.next() < 0.3 ? { idempotencyKey: `order-${n}` } : {};
    const ref = client.ref<Source>("Source", key).with({ timeout: "20s", ...named });
    const kind = random.next() < 0.6 ? "tell" : "ask";
    const told = random.next() < 0.2 ? ref.tell.noteSlowly : ref.tell.note;
    if (kind === "tell") sent.push({ n, key, kind, result: watch<unknown>(told(n)) });
    else sent.push({ n, key, kind, result: watch<unknown>(random.next() < 0.5 ? ref.note(n) : ref.noteAndAsk(n)) });
  };

  for (let step = 0; step < 60; step++) {
    for (let i = below(4); i > 0; i--) send();
    if (random.next() < 0.4) await oneOf(faults)();
    await rig.advance(random.next() < 0.9 ? below(30) : below(8_000));
  }

  rig.world.loseConfirms(0);
  rig.world.store.failCommits(0, "before");
  for (const partition of partitions) rig.world.refuse(partition, false);
  for (const process of processes) rig.world.reconnect(process);
  await rig.advance(120_000);
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

const seeds = Array.from({ length: 30 }, (_, i) => i + 1);

describe("whatever fails, in the end each message took effect once or not at all, as its sender was told", () => {
  it.each(seeds)("P1, P2, P3 and P4 hold under seed %i", async (seed) => {
    const { rig, sent, client } = await storm(seed);
    expect(rig.escaped).toEqual([]);
    const noted: [string, number][] = [];
    for (const key of ["s0", "s1", "s2"]) noted.push(...(await ask(rig, client.ref<Sink>("Sink", key).list())));
    for (const key of ["k0", "k1", "k2"]) {
      const seen = await ask(rig, client.ref<Source>("Source", key).list());
      const told = noted.filter(([from]) => from === key).map(([, n]) => n);
      const mine = sent.filter((message) => message.key === key);
      expect(complaints(mine, seen, told)).toEqual([]);
    }
    for (const type of ["Source", "Sink"]) expect(await rig.deadLetters(type)).toEqual([]);
  });
});
