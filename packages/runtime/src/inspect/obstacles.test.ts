import type { HoldMode, Message } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import { Actor, Handler, Query } from "../definition/decorators.js";
import { defineActor } from "../definition/define.js";
import type { Meter } from "../metrics/meter.js";
import { TypeMetrics } from "../metrics/type-metrics.js";
import { defaultLimits } from "../options.js";
import { Activation, HostedType, type RunningTurn } from "../worker/activation.js";
import { Concurrency, TypeConcurrency } from "../worker/concurrency.js";
import { Hold, Holding } from "../worker/hold.js";
import { Inbound } from "../worker/inbound.js";
import { obstaclesOf, type Surroundings } from "./obstacles.js";

@Actor("Account")
class Account {
  @Handler() deposit(): void {}
  @Query() current(): void {}
}

const now = 1_000_000;
const span = { since: 10, until: 20 };
const nobodyLooks = () => () => {};
const meter = { telemetry: { counter: nobodyLooks, histogram: nobodyLooks } } as unknown as Meter;
const around: Surroundings = {
  asks: [],
  commits: { committedSeq: 5, unavailable: false },
  givenUp: false,
  now,
  monotonic: 5_000,
};

function alice(changes: Partial<Activation> = {}): Activation {
  const owner = { deactivate: () => false, resume: () => {} };
  const concurrency = new TypeConcurrency(new Concurrency(10), 1);
  const hosted = new HostedType(defineActor(Account), new TypeMetrics(meter, "Account", []), {
    bounds: defaultLimits,
    concurrency,
  });
  return Object.assign(new Activation(owner, hosted, "Account/alice"), { phase: "ready", ...changes });
}

interface StoredChanges extends Partial<Pick<Message, "handler" | "tx">> {
  readonly notBefore?: number;
  readonly attempts?: number;
  readonly adopted?: boolean;
}

function stored({ notBefore = 0, attempts = 0, adopted = false, ...changes }: StoredChanges = {}): Inbound {
  const message: Message = { to: "Account/alice", kind: "tell", handler: "deposit", args: [], ...changes };
  return Inbound.parked(message, { identity: "i", attempts, notBefore }, adopted);
}

const turn = (changes: Partial<RunningTurn> = {}) =>
  ({
    kind: "handler",
    beganAt: 0,
    inbound: stored(),
    sending: undefined,
    span: undefined,
    ...changes,
  }) as RunningTurn;
const kinds = (activation: Activation, changes: Partial<Surroundings> = {}) =>
  obstaclesOf(activation, { ...around, ...changes }).map(({ kind }) => kind);

describe("what keeps an actor from getting on", () => {
  it("is nothing while it is idle, or runs, or has a message that may begin", () => {
    expect(kinds(alice())).toEqual([]);
    expect(kinds(alice({ running: turn(), queue: [stored()] }))).toEqual([]);
    expect(kinds(alice({ queue: [stored()] }))).toEqual([]);
  });

  it("is its commit once nothing runs, or when its turn wants to ask", () => {
    expect(kinds(alice({ lastSeq: 5 }))).toEqual([]);
    expect(kinds(alice({ lastSeq: 6 }))).toEqual(["commit"]);
    expect(kinds(alice({ lastSeq: 6, running: turn() }))).toEqual([]);
    expect(kinds(alice({ lastSeq: 6, running: turn({ sending: Promise.resolve() }) }))).toEqual(["commit"]);
  });

  it("is the store while its state, or a kept answer, is read", () => {
    expect(kinds(alice({ phase: "loading" }))).toEqual(["state"]);
    expect(kinds(alice({ phase: "loading", running: turn({ kind: "lifecycle", inbound: undefined }) }))).toEqual([]);
    expect(kinds(alice({ running: turn({ kind: "lifecycle" }) }))).toEqual(["lookup"]);
  });

  it("is the time of its next attempt, however many messages wait behind", () => {
    const failed = stored({ notBefore: now + 250, attempts: 2 });
    expect(obstaclesOf(alice({ queue: [failed, stored()] }), around)).toEqual([
      { kind: "retry", at: now + 250, inMs: 250, failedAttempts: 2 },
    ]);
    expect(kinds(alice({ queue: [stored({ notBefore: now })] }))).toEqual([]);
  });

  it("is the mark of a message that was there when a worker died", () => {
    expect(kinds(alice({ queue: [stored({ adopted: true })] }))).toEqual(["mark"]);
  });

  it("is the handoff of its partition, but not for a turn that runs", () => {
    expect(kinds(alice({ queue: [stored()] }), { givenUp: true })).toEqual(["handoff"]);
    expect(kinds(alice({ running: turn(), queue: [stored()] }), { givenUp: true })).toEqual([]);
  });

  it("is the transactions that hold it, and the one that has held it longest", () => {
    const held = (mode: HoldMode, ...holders: [id: string, since: number][]) => {
      const hold = new Hold("Account/alice");
      hold.holders = holders.map(([id, since]) => new Holding(hold, { ...span, id }, 1, mode, since, () => {}));
      return hold;
    };
    const waits = (changes: StoredChanges, hold: Hold) => {
      const waiting = alice({ hold });
      waiting.parked = { entries: [stored(changes)] } as Activation["parked"];
      waiting.await(waiting.head!);
      return obstaclesOf(waiting, around);
    };
    const readers = held("shared", ["a:1", 4_000], ["b:1", 3_000]);
    expect(waits({}, readers)).toEqual([{ kind: "transaction", id: "b:1", holders: 2, sinceMs: 2_000 }]);
    expect(waits({ handler: "current" }, readers)).toEqual([]);
    expect(waits({ handler: "current" }, held("exclusive", ["a:1", 4_000]))).toMatchObject([{ id: "a:1", holders: 1 }]);
    const tx = { ...span, id: "b:1" };
    expect(waits({ tx }, readers)).toMatchObject([{ id: "a:1", holders: 1 }]);
    expect(waits({ tx }, held("shared", ["b:1", 3_000]))).toEqual([]);
    expect(waits({ tx, handler: "current" }, readers)).toEqual([]);
    expect(obstaclesOf(alice({ hold: readers }), around)).toEqual([]);
  });

  it("are several at once, asks first", () => {
    const ask = { address: "Bank/main", handler: "book", ageMs: 1, timeoutInMs: 2 };
    const queries = new Set([turn({ kind: "query" })]);
    expect(kinds(alice({ lastSeq: 6, queries, queue: [stored()] }), { asks: [ask] })).toEqual([
      "ask",
      "commit",
      "queries",
    ]);
  });
});
