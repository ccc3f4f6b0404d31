import { readdir, readFile } from "node:fs/promises";
import {
  type CounterName,
  counters,
  type HistogramName,
  histograms,
  type Instrument,
  type LevelName,
  type LockLeases,
  levels,
  RejectedError,
  type Store,
} from "@actor-runtime/core";
import { type Measurement, RecordingTelemetry } from "@actor-runtime/embedded";
import {
  Actor,
  ActorContext,
  Handler,
  inject,
  type Limits,
  type LocalSystem,
  type Ports,
  Query,
  State,
  systemActors,
} from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { frameOf, Gate, Rig, refusalOf, watch } from "./support.js";

let gate: Gate;
let rig: Rig;
let telemetry: RecordingTelemetry;

@Actor("Account", { partitions: 1, attempts: 2 })
class Account {
  private readonly self = inject(ActorContext);
  @State() private balance = 0;

  @Handler() deposit(amount: number): number {
    return (this.balance += amount);
  }
  @Handler() async slowly(amount: number): Promise<number> {
    await gate.pass();
    return this.deposit(amount);
  }
  @Handler() reject(): void {
    throw new RejectedError("insufficient funds");
  }
  @Handler() fail(): void {
    throw new Error("on purpose");
  }
  @Handler() note(text: string): void {
    this.self.ref(Ledger, "l").tell.add(text);
  }
  @Query() current(): number {
    return this.balance;
  }
}

@Actor("Ledger", { partitions: 1 })
class Ledger {
  @State() private readonly lines: string[] = [];

  @Handler() add(line: string): number {
    return this.lines.push(line);
  }
}

/** Fails before anybody looks whether it has such a handler. */
@Actor("Stillborn", { partitions: 1 })
class Stillborn {
  constructor() {
    throw new RejectedError("not today");
  }
  @Handler() live(): void {}
}

@Actor("Broken", { partitions: 1 })
class Broken {
  @Handler() fail(): void {
    throw new Error("deployed on a Friday");
  }
}

const partition = "Account:g1:00";
/** The smallest window there is: four frames. */
const small: Partial<Limits> = { maxUnsettledBytes: 1 };

const measured = (ports: Ports): Ports => ({ ...ports, telemetry });
const host = (process: string, limits: Partial<Limits> = {}, ports = measured) =>
  rig.host([Account, Ledger, Broken], { process, limits, ports });
const client = () => rig.host([], { process: "client", ports: measured });

type Labels = Readonly<Record<string, string>>;

function having(wanted: Labels): (measurement: Measurement) => boolean {
  return ({ labels }) => Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

function counted(instrument: CounterName, labels: Labels = {}): number {
  const those = telemetry.counts.filter((count) => count.instrument === instrument).filter(having(labels));
  return those.reduce((sum, { value }) => sum + value, 0);
}

/** In ms where the unit is seconds, to spare the tests fractions. */
function recorded(instrument: HistogramName, labels: Labels = {}): number[] {
  const scale = histograms[instrument].unit === "s" ? 1_000 : 1;
  const those = telemetry.records.filter((record) => record.instrument === instrument).filter(having(labels));
  return those.map(({ value }) => Math.round(value * scale));
}

function level(instrument: LevelName, labels: Labels = {}): number {
  return telemetry
    .levels(instrument)
    .filter(having(labels))
    .reduce((sum, { value }) => sum + value, 0);
}

beforeEach(() => {
  gate = new Gate();
  rig = new Rig();
  telemetry = new RecordingTelemetry();
});

describe("how messages end", () => {
  let system: LocalSystem;

  const ended = (type: string, handler: string) =>
    Object.fromEntries(
      ["ok", "rejected", "failed", "retried", "dead", "refused", "repeated"]
        .map((outcome) => [outcome, counted("actor.messages", { type, handler, outcome })] as const)
        .filter(([, value]) => value > 0),
    );

  beforeEach(async () => {
    await host("worker");
    system = await client();
  });

  it("is counted by type, handler and outcome, once its commit is known", async () => {
    const account = system.ref(Account, "a");
    await account.deposit(1);
    await account.current();
    await account.with({ idempotencyKey: "k" }).deposit(2);
    await account.with({ idempotencyKey: "k" }).deposit(2);
    await refusalOf(account.reject());
    await refusalOf(account.fail());
    rig.world.store.failCommits(1, "after");
    const late = watch(account.deposit(3));
    await rig.settle();
    expect(ended("Account", "deposit")).toEqual({ ok: 2, repeated: 1 });
    await rig.advance(2_000);
    expect(late.value).toBe(6);
    expect(ended("Account", "deposit")).toEqual({ ok: 3, repeated: 1 });
    expect(ended("Account", "current")).toEqual({ ok: 1 });
    expect(ended("Account", "reject")).toEqual({ rejected: 1 });
    expect(ended("Account", "fail")).toEqual({ failed: 1 });
  });

  it("of tells: retried as often as they are, then dead; a refused one at once", async () => {
    const account = system.ref(Account, "a");
    await account.tell.fail();
    await account.tell.reject();
    await rig.advance(5_000);
    expect(ended("Account", "fail")).toEqual({ retried: 1, dead: 1 });
    expect(ended("Account", "reject")).toEqual({ dead: 1 });
    expect(counted("actor.dead_letters", { type: "Account" })).toBe(2);
    expect(counted("actor.parked", { type: "Account" })).toBe(1);
  });

  it("is refused for what never comes to its turn, and names from outside become no labels", async () => {
    const outside = { address: "Account/a", args: [] };
    await refusalOf(system.ask({ ...outside, handler: "hack-1" }));
    await refusalOf(system.ask({ ...outside, handler: "hack-2" }));
    await rig.publish(partition, frameOf({ stream: "1767225600000-raw", first: 1, after: 0 }, [{ to: "Hack-3/x" }]));
    await rig.advance(1_000);
    expect(ended("Account", "unknown")).toEqual({ refused: 2 });
    expect(ended("unknown", "unknown")).toEqual({ refused: 1 });
    expect(counted("actor.dead_letters", { type: "unknown" })).toBe(1);
    expect(recorded("actor.ask.duration", { type: "Account", handler: "unknown", outcome: "failed" })).toHaveLength(2);
    expect(recorded("actor.turn.duration")).toEqual([]);
    expect(JSON.stringify([telemetry.counts, telemetry.records])).not.toMatch(/hack/i);
  });
});

describe("how long", () => {
  it("made labels of whatever handlers a client was asked for, where the actor could not wake", async () => {
    await rig.host([Stillborn]);
    const gateway = await rig.host([], { process: "gateway", ports: (ports) => ({ ...ports, telemetry }) });
    for (let name = 0; name < 200; name++) {
      const asked = refusalOf(gateway.ask({ address: "Stillborn/a", handler: `no${name}`, args: [] }));
      await rig.advance(100);
      expect((await asked).message).toBe("not today");
    }
    const asks = telemetry.records.filter(({ instrument }) => instrument === "actor.ask.duration");
    expect(asks).toHaveLength(200);
    expect(new Set(asks.map(({ labels }) => labels["handler"])).size).toBeLessThan(110);
  });

  it("turns, waits and asks take is exact", async () => {
    await host("worker");
    const account = (await client()).ref(Account, "a");
    const asked = [account.slowly(1), account.deposit(2)];
    await rig.advance(250);
    expect(level("actor.turns", { type: "Account" })).toBe(1);
    expect(level("actor.mailbox.depth", { type: "Account", where: "memory" })).toBe(1);
    expect(level("actor.mailbox.oldest", { type: "Account" })).toBe(0.25);
    expect(level("actor.calls")).toBe(2);
    gate.open();
    await Promise.all(asked);
    expect(recorded("actor.turn.duration", { type: "Account", handler: "slowly" })).toEqual([250]);
    expect(recorded("actor.turn.duration", { type: "Account", handler: "deposit" })).toEqual([0]);
    expect(recorded("actor.mailbox.wait", { type: "Account" })).toEqual([0, 250]);
    expect(recorded("actor.ask.duration", { handler: "slowly", outcome: "ok" })).toEqual([250]);
    expect(recorded("actor.ask.duration", { handler: "deposit", outcome: "ok" })).toEqual([250]);
    expect(level("actor.turns")).toBe(0);
    expect(level("actor.mailbox.oldest")).toBe(0);
    expect(level("actor.calls")).toBe(0);
  });

  it("is where it waits for as many asynchronous turns as may run, and for nobody afterwards", async () => {
    await host("worker", { types: { Account: { maxTurns: 1 } } });
    const system = await client();
    const asked = [system.ref(Account, "a").slowly(1), system.ref(Account, "b").deposit(1)];
    await rig.advance(100);
    const account = { type: "Account" };
    expect(level("actor.concurrency.limit", account)).toBe(1);
    expect(level("actor.concurrency.running", account)).toBe(1);
    expect(level("actor.concurrency.waiting", account)).toBe(1);
    gate.open();
    await Promise.all(asked);
    expect(level("actor.concurrency.running") + level("actor.concurrency.waiting")).toBe(0);
  });

  it("a delayed message waited is counted from its time, and it is no old one before", async () => {
    await host("worker");
    const account = (await client()).ref(Account, "a");
    await account.with({ delay: "10s" }).tell.deposit(1);
    await rig.advance(9_000);
    expect(level("actor.mailbox.depth", { type: "Account", where: "delayed" })).toBe(1);
    expect(level("actor.mailbox.oldest")).toBe(0);
    const slow = account.slowly(1);
    await rig.advance(3_000);
    expect(level("actor.mailbox.depth", { where: "delayed" })).toBe(0);
    expect(level("actor.mailbox.oldest", { type: "Account" })).toBe(2);
    gate.open();
    await slow;
    expect(recorded("actor.mailbox.wait", { type: "Account" })).toEqual([0, 2_000]);
  });

  it("a message waited counts from the time of its next attempt, also after a takeover", async () => {
    const first = await host("first");
    const account = (await client()).ref(Account, "a");
    await account.tell.fail();
    await rig.settle();
    expect(recorded("actor.mailbox.wait")).toEqual([0]);
    await first.close();
    await rig.advance(60_000);
    telemetry = new RecordingTelemetry();
    const second = watch(host("second"));
    await rig.settle();
    expect(second.state).toBe("resolved");
    // Its second attempt was due within 200 ms after the first.
    const [waited] = recorded("actor.mailbox.wait");
    expect(waited).toBeGreaterThan(59_799);
    expect(waited).toBeLessThan(60_000);
  });

  it("parked messages are waiting for is their age since they were sent", async () => {
    await host("worker", small);
    const account = (await client()).ref(Account, "a");
    const asked: Promise<number>[] = [account.slowly(1)];
    await rig.advance(0);
    for (let n = 0; n < 6; n++) {
      asked.push(account.deposit(1));
      await rig.advance(100);
    }
    expect(level("actor.mailbox.depth", { where: "parked" })).toBeGreaterThan(0);
    expect(counted("actor.parked", { type: "Account" })).toBeGreaterThan(0);
    expect(level("actor.mailbox.depth", { type: "Account" })).toBe(6);
    expect(level("actor.mailbox.oldest", { type: "Account" })).toBe(0.6);
    expect(level("actor.turns")).toBe(1);
    gate.open();
    await Promise.all(asked);
    expect(recorded("actor.mailbox.wait")).toEqual([0, 600, 500, 400, 300, 200, 100]);
  });

  it("a commit takes, repeats included, and what was in it", async () => {
    await host("worker");
    const account = (await client()).ref(Account, "a");
    rig.world.store.failCommits(2, "after");
    const asked = ["a", "bc"].map((text) => watch(account.note(text)));
    const since = rig.clock.now();
    await rig.settle();
    expect(recorded("actor.commit.duration", { mailbox: "Account" })).toEqual([]);
    while (asked.some(({ state }) => state === "pending")) await rig.advance(1);
    expect(recorded("actor.commit.duration", { mailbox: "Account" })).toEqual([rig.clock.now() - since]);
    expect(recorded("actor.commit.messages", { mailbox: "Account" })).toEqual([2]);
    const [{ message }] = rig.published.flatMap(({ to, frame }) =>
      to === "Ledger:g1:00" ? [{ message: new TextDecoder().decode(frame.body) }] : [],
    ) as [{ message: string }];
    // Two tells, without the brackets and the comma of their frame; the account itself did not change.
    expect(recorded("actor.commit.size", { mailbox: "Account" })).toEqual([message.length - 3]);
    expect(counted("store.commit_failures")).toBe(2);
  });

  it("partitions take to be handed over and taken", async () => {
    const slow = ({ store, ...ports }: Ports): Ports => {
      const load: Store["load"] = async (...args) => {
        await new Promise<void>((resolve) => rig.clock.after(40, resolve));
        return store.load(...args);
      };
      const get = (_: Store, name: keyof Store) => (name === "load" ? load : store[name].bind(store));
      return measured({ ...ports, store: new Proxy(store, { get }) });
    };
    const starting = watch(host("worker", {}, slow));
    await rig.advance(100);
    const worker = starting.value!;
    expect(recorded("actor.takeover.duration", { mailbox: "Account" })).toEqual([40]);
    expect(counted("actor.partitions_taken")).toBe(3);
    expect(level("actor.partitions", { mailbox: "Account" })).toBe(1);
    const asked = watch((await client()).ref(Account, "a").slowly(1));
    await rig.settle();
    const closing = watch(worker.close());
    await rig.advance(300);
    gate.open();
    await rig.advance(5);
    expect([asked.state, closing.state]).toEqual(["resolved", "resolved"]);
    expect(counted("actor.partitions_released")).toBe(3);
    // It is looked every 5 ms whether all turns have ended.
    expect(recorded("actor.handoff.duration", { mailbox: "Account" })).toEqual([305]);
    expect(level("actor.partitions")).toBe(0);
  });

  it("a worker is not ready shows in each of its checks", async () => {
    const starting = watch(
      host("worker", {}, ({ broker, ...ports }) => {
        const consume: typeof broker.consume = () => new Promise(() => {});
        return measured({ ...ports, broker: { ...broker, consume } });
      }),
    );
    await rig.advance(100);
    expect(starting.state).toBe("pending");
    expect(level("actor.ready", { check: "state" })).toBe(0);
    expect(level("actor.ready", { check: "brake" })).toBe(1);
    expect(level("actor.mailbox.partitions", { mailbox: "Account" })).toBe(1);
  });
});

it("with nobody listening the runtime measures nothing", async () => {
  class Deaf extends RecordingTelemetry {
    override readonly tracing = false as true;
    override readonly measuring = false as true;
  }
  telemetry = new Deaf();
  await host("worker");
  const account = (await client()).ref(Account, "a");
  await account.deposit(1);
  await account.current();
  const perMessage = ["actor.turn.duration", "actor.mailbox.wait", "actor.ask.duration", "actor.commit.duration"];
  expect(telemetry.records.filter(({ instrument }) => perMessage.includes(instrument))).toEqual([]);
  expect(counted("actor.messages")).toBe(0);
});

describe("the catalogue of instruments", () => {
  const catalogue: Readonly<Record<string, Instrument>> = { ...counters, ...histograms, ...levels };
  /** Fed by adapters and by the process, each tested there. */
  const adapters = Object.keys(catalogue).filter(
    (name) => /^(broker|process)\./.test(name) || /^(store\.re|actor\.replies_dropped)/.test(name),
  );
  /** Tested in files of their own. */
  const elsewhere = (name: string) => /^(transaction|actor\.reminder)\./.test(name);
  const secret = "a-key-that-nobody-may-see";

  /** Everything that can be counted happens once; returns all that telemetry was told, levels among it. */
  async function everything(): Promise<Measurement[]> {
    const looks: Measurement[] = [];
    const look = () => {
      for (const name of Object.keys(levels) as LevelName[]) looks.push(...telemetry.levels(name));
    };
    let fenced = false;
    const unlucky = ({ store, ...ports }: Ports): Ports => {
      const commit: Store["commit"] = async (...args) => {
        if (!fenced) return store.commit(...args);
        fenced = false;
        return "fenced";
      };
      const get = (_: Store, name: keyof Store) => (name === "commit" ? commit : store[name].bind(store));
      return measured({ ...ports, store: new Proxy(store, { get }) });
    };
    const oneTurn = { ...small, types: { Account: { maxTurns: 1 } } };
    const worker = await host("worker", oneTurn, unlucky);
    const outside = await client();
    const account = outside.ref(Account, secret);

    await account.tell.fail();
    await account.with({ delay: "1h" }).tell.deposit(1);
    const slow = [account.slowly(1), ...Array.from({ length: 6 }, () => account.deposit(1))];
    rig.world.refuse("Ledger:g1:00", true);
    await outside.ref(Account, `${secret}-too`).note(secret);
    await rig.advance(200);
    look();
    rig.world.refuse("Ledger:g1:00", false);
    gate.open();
    await rig.advance(5_000);
    await Promise.all(slow);

    const twice = frameOf({ stream: "1767225600000-raw", first: 1, after: 0 }, [
      { to: `Account/${secret}`, handler: "deposit", args: [1] },
    ]);
    for (let n = 0; n < 2; n++) await rig.publish(partition, twice);
    const underLocks = frameOf({ stream: "1767225600000-late", first: 1, after: 0 }, [
      { to: `Account/${secret}`, handler: "deposit", args: [1], locks: [[secret, 2]] },
      { to: `Account/${secret}`, handler: "deposit", args: [1], locks: [[secret, 1]] },
    ]);
    await rig.publish(partition, underLocks);
    gate = new Gate();
    const cut = watch(account.slowly(1));
    void outside.ref(Account, `${secret}-too`).deposit(1);
    await rig.advance(100);
    look();
    rig.world.cutChannels(partition);
    gate.open();
    rig.world.store.failCommits(1, "before");
    await rig.advance(2_000);
    expect(cut.state).toBe("resolved");

    fenced = true;
    await account.tell.deposit(1);
    await rig.advance(2_000);

    const early = `${rig.clock.now() + 600_000}-early`;
    await rig.publish(partition, frameOf({ stream: early, first: 1, after: 0 }, [{ to: `Account/${secret}` }]));
    const backup = rig.world.store.snapshot();
    await account.tell.deposit(1);
    await rig.settle();
    rig.world.store.restore(backup);
    await account.tell.deposit(1);
    await rig.advance(2_000);

    await loseLocks();
    look();
    for (let n = 0; n < 50; n++) await refusalOf(outside.ref(Broken, `${secret}-${n}`).fail());
    await worker.close();
    return [...telemetry.counts, ...telemetry.records, ...looks.filter(({ value }) => value > 0)];
  }

  /** A lock that is had at the second offer, and then broken. */
  async function loseLocks(): Promise<void> {
    let late = true;
    const tooLate: LockLeases["claim"] = async () => (late = false);
    await rig.host(systemActors, { process: "locks", ports: measured });
    const holder = await rig.host([], {
      process: "holder",
      ports: ({ locks, ...ports }) => {
        const get = (_: LockLeases, name: keyof LockLeases) =>
          name === "claim" && late ? tooLate : locks[name].bind(locks);
        return measured({ ...ports, locks: new Proxy(locks, { get }) });
      },
    });
    const taken = holder.locks.acquire(secret);
    await rig.advance(3_000);
    const lock = await taken;
    await holder.locks.break(secret);
    await rig.settle();
    expect(lock.signal.aborted).toBe(true);
    expect(telemetry.levels("actor.locks")).toContainEqual(expect.objectContaining({ value: 1 }));
    await lock.release();
    await holder.locks.withLock(secret, () => {});
    await holder.locks.acquire(secret);
    const tried = holder.locks.tryAcquire(secret);
    expect(telemetry.levels("actor.lock.waiting")).toContainEqual(expect.objectContaining({ value: 1 }));
    await tried;
    expect(telemetry.levels("actor.lock.waiting").every(({ value }) => value === 0)).toBe(true);
    void holder.locks.acquire(secret).catch(() => {});
  }

  it("has nothing that the runtime does not feed, and no other labels than it says", async () => {
    const told = await everything();
    const touched = new Set(told.map(({ instrument }) => instrument));
    const missing = Object.keys(catalogue).filter((name) => !touched.has(name) && !elsewhere(name));
    expect(missing.filter((name) => !adapters.includes(name))).toEqual([]);
    const others = told.filter(({ instrument, labels }) => {
      const wanted = new Set(catalogue[instrument]!.labels);
      return Object.keys(labels).length !== wanted.size || Object.keys(labels).some((label) => !wanted.has(label));
    });
    expect(others).toEqual([]);
  });

  it("never says an actor's key", async () => {
    const told = await everything();
    expect(JSON.stringify(told)).not.toContain(secret);
    // The test would see it.
    expect(JSON.stringify(telemetry.spans)).toContain(secret);
  });

  it.each(adapters)("%s is fed by an adapter or by the process", async (name) => {
    const sources = await Promise.all(["rabbitmq", "redis", "cli"].map((package_) => sourcesOf(package_)));
    expect(sources.join("\n")).toContain(`"${name}"`);
  });
});

async function sourcesOf(name: string): Promise<string> {
  const folder = new URL(`../../packages/${name}/src/`, import.meta.url);
  const files = await readdir(folder);
  const texts = files.filter((file) => file.endsWith(".ts")).map((file) => readFile(new URL(file, folder), "utf8"));
  return (await Promise.all(texts)).join("\n");
}
