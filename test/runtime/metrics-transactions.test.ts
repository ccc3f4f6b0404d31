import {
  type CounterName,
  counters,
  type HistogramName,
  histograms,
  type Instrument,
  type LevelName,
  levels,
  RejectedError,
} from "@actor-runtime/core";
import { RecordingTelemetry } from "@actor-runtime/embedded";
import {
  Actor,
  ActorContext,
  type AnyActor,
  Handler,
  inject,
  type LocalSystem,
  State,
  systemActors,
  Transactional,
} from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Gate, Rig, refusalOf, watch } from "./support.js";

let rig: Rig;
let telemetry: RecordingTelemetry;
let client: LocalSystem;
let gate: Gate;

@Actor("Account", { partitions: 1 })
class Account {
  @State() private balance = 100;

  @Handler() withdraw(amount: number): number {
    if (amount > this.balance) throw new RejectedError("insufficient funds");
    return (this.balance -= amount);
  }
}

/** Never in one partition with an account. */
@Actor("Fund", { partitions: 1 })
class Fund {
  @State() private balance = 100;

  @Handler() deposit(amount: number): number {
    return (this.balance += amount);
  }
}

@Actor("Bank", { partitions: 1 })
class Bank {
  private readonly self = inject(ActorContext);

  @Transactional()
  @Handler()
  async invest(from: string, into: string): Promise<void> {
    await this.self.ref(Account, from).withdraw(10);
    await gate.pass();
    await this.self.ref(Fund, into).deposit(10);
  }
  @Transactional()
  @Handler()
  alone(): void {}
}

const secret = "a-key-that-nobody-may-see";
const bankers: readonly AnyActor[] = [Account, Fund, Bank];

const host = (process: string, actors: readonly AnyActor[]) =>
  rig.host(actors, { process, workerId: process, ports: (ports) => ({ ...ports, telemetry }) });

beforeEach(async () => {
  rig = new Rig();
  telemetry = new RecordingTelemetry();
  gate = new Gate();
});

/** The worker of the actors, and another that hosts coordinators. */
async function start(): Promise<LocalSystem> {
  const worker = await host("worker", bankers);
  await host("coordinators", systemActors);
  client = await host("client", []);
  return worker;
}

function ended(): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { instrument, labels, value } of telemetry.counts) {
    if (instrument !== "transaction.ended") continue;
    const what = `${labels["outcome"]} ${labels["reason"]}`;
    sums[what] = (sums[what] ?? 0) + value;
  }
  return sums;
}

function counted(instrument: CounterName, labels: Readonly<Record<string, string>> = {}): number {
  return telemetry.counts
    .filter((count) => count.instrument === instrument)
    .filter((count) => Object.entries(labels).every(([name, value]) => count.labels[name] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

/** In ms. */
const lasted = () =>
  telemetry.records
    .filter(({ instrument }) => instrument === "transaction.duration")
    .map(({ value }) => Math.round(value * 1_000));

const level = (instrument: LevelName) => telemetry.levels(instrument).reduce((sum, { value }) => sum + value, 0);

const invest = (system: LocalSystem, from = "alice") =>
  system.transaction(async (tx) => {
    await tx.ref(Account, from).withdraw(10);
    await tx.ref(Fund, "gold").deposit(10);
  });

describe("of transactions", () => {
  it("is counted how they end and who decided, and how long they took with all attempts", async () => {
    await start();
    await invest(client);
    await client.transaction((tx) => tx.ref(Account, "alice").withdraw(10));
    await refusalOf(client.transaction((tx) => tx.ref(Account, "alice").withdraw(500)));
    const late = watch(
      client.transaction({ timeout: "2s" }, async (tx) => {
        await tx.ref(Account, "alice").withdraw(10);
        await gate.pass();
      }),
    );
    await rig.advance(3_000);
    expect(late.state).toBe("rejected");
    expect(ended()).toEqual({ "committed none": 2, "aborted rejected": 1, "aborted deadline": 1 });
    expect(counted("transaction.commits", { path: "coordinator" })).toBe(1);
    expect(counted("transaction.commits", { path: "partition" })).toBe(1);
    expect(lasted()).toEqual([0, 0, 0, 2_000]);
  });

  it("is counted that one gave way to an older one, and tried again", async () => {
    await start();
    const older = client.transaction(async (tx) => {
      await gate.pass();
      await tx.ref(Account, "alice").withdraw(10);
    });
    await rig.advance(10);
    const second = new Gate();
    const younger = client.transaction(async (tx) => {
      await tx.ref(Account, "alice").withdraw(10);
      if (tx.attempt === 1) await second.pass();
    });
    await rig.advance(10);
    gate.open();
    await rig.advance(10);
    second.open();
    await rig.advance(1_000);
    await Promise.all([older, younger]);
    expect(counted("transaction.wounds")).toBe(1);
    expect(counted("transaction.retries")).toBe(1);
    expect(ended()).toEqual({ "committed none": 2 });
  });

  it("of handlers the same is counted, but not where nobody else took part", async () => {
    const worker = await start();
    await client.ref(Bank, "main").alone();
    expect(ended()).toEqual({});
    const first = client.ref(Bank, "main").invest("alice", "gold");
    await rig.advance(100);
    gate.open();
    await first;
    await refusalOf(
      client
        .transaction((tx) => tx.ref(Account, "poor").withdraw(100))
        .then(() => client.ref(Bank, "main").invest("poor", "gold")),
    );
    expect(ended()).toEqual({ "committed none": 2, "aborted rejected": 1 });
    expect(counted("transaction.commits", { path: "coordinator" })).toBe(1);
    expect(lasted()).toEqual([100, 0, 0]);
    gate = new Gate();
    const cut = client.ref(Bank, "main").invest("alice", "gold");
    await rig.advance(100);
    const crashed = worker.crash("Bank/main");
    await rig.advance(1_000);
    await crashed;
    gate.open();
    await rig.advance(2_000);
    await cut;
    expect(counted("transaction.recoveries")).toBe(1);
    expect(ended()).toEqual({ "committed none": 3, "aborted rejected": 1 });
  });

  it("is told how many actors are held, since when, and whether one is in doubt", async () => {
    await host("worker", bankers);
    client = await host("client", []);
    expect(
      ["transaction.held", "transaction.held.oldest", "transaction.held.overdue"].map((name) =>
        level(name as LevelName),
      ),
    ).toEqual([0, 0, 0]);
    const left = watch(
      client.transaction({ timeout: "5s" }, async (tx) => {
        await tx.ref(Account, "alice").withdraw(10);
        await tx.ref(Fund, "gold").deposit(10);
        await gate.pass();
      }),
    );
    await rig.advance(2_000);
    expect(level("transaction.held")).toBe(2);
    expect(level("transaction.held.oldest")).toBe(2);
    expect(level("transaction.held.overdue")).toBe(0);
    // What it would still say, it can tell nobody.
    rig.world.disconnect("client");
    const closed = client.close({ drainTimeout: 0 });
    await rig.advance(43_000);
    await closed;
    expect(left.state).toBe("rejected");
    // Nobody hosts coordinators.
    expect(level("transaction.held")).toBe(2);
    expect(level("transaction.held.overdue")).toBe(40);
    await host("coordinators", systemActors);
    await rig.advance(3_000);
    expect(level("transaction.held")).toBe(0);
    expect(level("transaction.held.oldest")).toBe(0);
    expect(level("transaction.held.overdue")).toBe(0);
  });
});

it("no instrument of transactions has other labels than it says, or tells a key", async () => {
  await start();
  await invest(client, secret);
  await refusalOf(client.transaction((tx) => tx.ref(Account, secret).withdraw(500)));
  const told = [...telemetry.counts, ...telemetry.records].filter(({ instrument }) =>
    instrument.startsWith("transaction."),
  );
  const catalogue: Readonly<Record<string, Instrument>> = { ...counters, ...histograms, ...levels };
  expect(told.map(({ instrument, labels }) => [instrument, Object.keys(labels).toSorted()])).toEqual(
    told.map(({ instrument }) => [instrument, catalogue[instrument]!.labels.toSorted()]),
  );
  expect(JSON.stringify(told)).not.toContain(secret);
  expect(told.length).toBeGreaterThan(3);
});

it("with nobody listening nothing is measured of transactions", async () => {
  class Deaf extends RecordingTelemetry {
    override readonly tracing = false as true;
    override readonly measuring = false as true;
  }
  telemetry = new Deaf();
  await start();
  await invest(client);
  expect(telemetry.spans).toEqual([]);
  const names: readonly (CounterName | HistogramName)[] = [...telemetry.counts, ...telemetry.records].map(
    ({ instrument }) => instrument as CounterName,
  );
  expect(names.filter((name) => name.startsWith("transaction."))).toEqual([]);
});
