import {
  ConfigError,
  type DeadLetter,
  InvalidAddressError,
  OverloadedError,
  RejectedError,
  wireVersion,
} from "@actor-runtime/core";
import { Actor, type DeadLetterFilter, Handler, type LocalSystem, Query, State } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { collect, frameOf, Rig, rawFrame, refusalOf } from "./support.js";

/** Why `add` fails. */
let failure: Error | undefined;
let rig: Rig;
let system: LocalSystem;

@Actor("Journal", { partitions: 1, attempts: 1 })
class Journal {
  @State() private notes: unknown[] = [];

  @Handler() add(what: unknown): void {
    if (failure) throw failure;
    this.notes.push(what);
  }
  @Query() list(): unknown[] {
    return [...this.notes];
  }
}

@Actor("Ledger", { partitions: 2, attempts: 1 })
class Ledger {
  @Handler() close(): void {
    throw new RejectedError("closed for good", { code: "CLOSED_LEDGER" });
  }
}

beforeEach(async () => {
  failure = new Error("disk full");
  rig = new Rig();
  system = await rig.host([Journal, Ledger]);
});

/** Lets a message die. */
async function kill(key: string, what: unknown = key, options: { idempotencyKey?: string } = {}): Promise<void> {
  await system.ref(Journal, key).with(options).tell.add(what);
  await rig.settle();
}

async function list(filter?: DeadLetterFilter): Promise<DeadLetter[]> {
  return collect(system.dead.list(filter));
}

const addressesOf = (letters: readonly DeadLetter[]) => letters.map(({ address }) => address);

/** The same letter once more, as a crash between its confirm and the next commit leaves it. */
async function copyOf(letter: DeadLetter): Promise<void> {
  await rig.publish("dead:Journal", rawFrame([], JSON.stringify([letter])));
}

async function bury(body: string): Promise<void> {
  await rig.publish("Journal:g1:00", {
    headers: { v: wireVersion, segments: [{ stream: "s", first: 1, count: 1, after: 0, settled: 0 }] },
    body: new TextEncoder().encode(body),
  });
  await rig.settle();
}

describe("dead letters", () => {
  it("are listed with all that is known of them, types in the order of their names", async () => {
    await system.ref(Ledger, "main").tell.close();
    await kill("alice", { amount: 5n });
    const letters = await list();
    expect(letters).toMatchObject([
      {
        address: "Journal/alice",
        handler: "add",
        attempts: 1,
        message: { args: [{ amount: { $bigint: "5" } }] },
        cause: { class: "HandlerError", message: "disk full", stack: expect.stringContaining("dead-letters.test") },
      },
      { address: "Ledger/main", cause: { class: "RejectedError", code: "CLOSED_LEDGER" } },
    ]);
  });

  it("can be chosen by type, key, identity, reason and age, and be limited", async () => {
    await kill("alice");
    await rig.advance(60_000);
    await kill("bob");
    await kill("alice");
    await system.ref(Ledger, "main").tell.close();
    await rig.settle();
    const [first] = await list();
    const cases: [DeadLetterFilter, string[]][] = [
      [{ type: "Ledger" }, ["Ledger/main"]],
      [{ type: "Nobody" }, []],
      [{ key: "alice" }, ["Journal/alice", "Journal/alice"]],
      [{ ids: [first!.id] }, ["Journal/alice"]],
      [{ reason: "closed_ledger" }, ["Ledger/main"]],
      [{ reason: "rejectederror" }, ["Ledger/main"]],
      [{ reason: "DISK" }, ["Journal/alice", "Journal/bob", "Journal/alice"]],
      [{ reason: "none such" }, []],
      [{ olderThan: "1m" }, ["Journal/alice"]],
      [{ youngerThan: "59s" }, ["Journal/bob", "Journal/alice", "Ledger/main"]],
      [{ olderThan: "2m" }, []],
      [{ limit: 2 }, ["Journal/alice", "Journal/bob"]],
      [{ key: "alice", youngerThan: "1s", limit: 5 }, ["Journal/alice"]],
    ];
    for (const [filter, expected] of cases) {
      expect([filter, addressesOf(await list(filter))]).toEqual([filter, expected]);
    }
  });

  it.each<[DeadLetterFilter, unknown, string]>([
    [{ type: "no type" }, InvalidAddressError, "no type"],
    [{ key: "" }, InvalidAddressError, "key"],
    [{ limit: 0 }, ConfigError, "limit"],
    [{ limit: 1.5 }, ConfigError, "limit"],
    [{ olderThan: "soon" as "1s" }, RangeError, "olderThan"],
    [{ youngerThan: -1 }, RangeError, "youngerThan"],
  ])("are not chosen by %o, and the field is named", async (filter, type, field) => {
    for (const refused of [list(filter), system.dead.retry(filter), system.dead.drop(filter)]) {
      const error = await refusalOf(refused);
      expect(error).toBeInstanceOf(type);
      expect(error.message).toContain(field);
    }
  });

  it("are listed once by identity, though the broker holds copies", async () => {
    await kill("alice");
    const [letter] = await list();
    await copyOf(letter!);
    expect(await rig.deadLetters("Journal")).toHaveLength(2);
    expect(await list()).toEqual([letter]);
  });

  it("hold the same key of different actors apart", async () => {
    for (const key of ["alice", "bob"]) await kill(key, key, { idempotencyKey: "k" });
    expect(addressesOf(await list())).toEqual(["Journal/alice", "Journal/bob"]);
  });
});

describe("retrying dead letters", () => {
  it("P1: runs the message once and removes the letter, and every copy of it", async () => {
    await kill("alice");
    const [letter] = await list();
    await copyOf(letter!);
    failure = undefined;
    expect(await system.dead.retry({ type: "Journal" })).toEqual({ retried: 1, cannot: 0 });
    await rig.settle();
    expect(await system.ref(Journal, "alice").list()).toEqual(["alice"]);
    expect(await rig.deadLetters("Journal")).toEqual([]);
  });

  it("P1: does not apply a message twice whose letter came back after it was retried", async () => {
    await kill("alice");
    const [letter] = await list();
    failure = undefined;
    await system.dead.retry({});
    await rig.settle();
    await copyOf(letter!);
    expect(await system.dead.retry({})).toEqual({ retried: 1, cannot: 0 });
    await rig.settle();
    expect(await system.ref(Journal, "alice").list()).toEqual(["alice"]);
    expect(await rig.deadLetters("Journal")).toEqual([]);
  });

  it("P2: does not apply a keyed message that its sender repeated with success meanwhile", async () => {
    await kill("alice", "once", { idempotencyKey: "k" });
    failure = undefined;
    await kill("alice", "once", { idempotencyKey: "k" });
    await system.dead.retry({});
    await rig.settle();
    expect(await system.ref(Journal, "alice").list()).toEqual(["once"]);
  });

  it("lets one that fails again die again under the same identity, and leaves that letter alone", async () => {
    await kill("alice");
    const [{ id }] = (await list()) as [DeadLetter];
    await rig.advance(1_000);
    expect(await system.dead.retry({})).toEqual({ retried: 1, cannot: 0 });
    await rig.settle();
    expect((await list()).map((letter) => letter.id)).toEqual([`dead:${id}`]);
    await rig.advance(1_000);
    await system.dead.retry({});
    await rig.settle();
    expect((await list()).map((letter) => letter.id)).toEqual([`dead:${id}`]);
    failure = undefined;
    await system.dead.retry({});
    await rig.settle();
    expect(await system.ref(Journal, "alice").list()).toEqual(["alice"]);
  });

  it("keeps an undecodable frame, and says that it cannot be retried", async () => {
    await bury("no json");
    await kill("alice");
    failure = undefined;
    expect(await system.dead.retry({})).toEqual({ retried: 1, cannot: 1 });
    const letters = await rig.deadLetters("Journal");
    expect(letters).toMatchObject([{ message: { frame: Buffer.from("no json").toString("base64") } }]);
  });

  it("keeps a letter for a type that nobody ever hosted, and goes on with the others", async () => {
    const stray = { to: "Nobody/a", handler: "x" };
    await rig.publish("Journal:g1:00", frameOf({ stream: "s", first: 1, after: 0 }, [stray]));
    await rig.settle();
    expect(await system.dead.retry({ type: "Nobody" })).toEqual({ retried: 0, cannot: 1 });
    expect(await rig.deadLetters("Nobody")).toHaveLength(1);
  });

  it("P1: keeps a letter whose message the broker did not take, and those after it", async () => {
    await kill("alice");
    await kill("bob");
    let full = true;
    const client = await rig.host([], {
      process: "client",
      ports: (ports) => ({
        ...ports,
        broker: new Proxy(ports.broker, {
          get: (broker, name) => {
            if (name === "publish" && full) return () => Promise.resolve("refused");
            const member: unknown = Reflect.get(broker, name, broker);
            return typeof member === "function" ? member.bind(broker) : member;
          },
        }),
      }),
    });
    const refused = refusalOf(client.dead.retry({}));
    await rig.advance(31_000);
    expect(await refused).toBeInstanceOf(OverloadedError);
    expect(addressesOf(await list())).toEqual(["Journal/alice", "Journal/bob"]);
    full = false;
    failure = undefined;
    const retried = client.dead.retry({});
    await rig.advance(1_000);
    expect(await retried).toEqual({ retried: 2, cannot: 0 });
  });

  it("sends the message as it was, also its headers", async () => {
    await system
      .ref(Journal, "alice")
      .with({ headers: { tenant: "t1" } })
      .tell.add([1, { $ref: "x" }]);
    await rig.settle();
    rig.published.length = 0;
    await system.dead.retry({});
    const [sent] = rig.messagesTo("Journal:g1:00");
    expect(sent).toMatchObject({ kind: "tell", handler: "add", headers: { tenant: "t1" } });
    failure = undefined;
    await rig.settle();
    await system.dead.retry({});
    await rig.settle();
    expect(await system.ref(Journal, "alice").list()).toEqual([[1, { $ref: "x" }]]);
  });
});

describe("a dry run", () => {
  it("counts what would happen and changes nothing", async () => {
    await kill("alice");
    await bury("no json");
    const before = await rig.deadLetters("Journal");
    const published = rig.published.length;
    expect(await system.dead.retry({}, { dryRun: true })).toEqual({ retried: 1, cannot: 1 });
    expect(await system.dead.drop({}, { dryRun: true })).toEqual({ dropped: 2 });
    expect([await rig.deadLetters("Journal"), rig.published.length]).toEqual([before, published]);
  });
});

describe("dropping dead letters", () => {
  it("removes those that are meant, with their copies, and no others", async () => {
    await kill("alice");
    await kill("bob");
    const [letter] = await list();
    await copyOf(letter!);
    expect(await system.dead.drop({ key: "alice" })).toEqual({ dropped: 1 });
    expect(addressesOf(await rig.deadLetters("Journal"))).toEqual(["Journal/bob"]);
  });

  it("removes undecodable frames too", async () => {
    await bury("no json");
    expect(await system.dead.drop({ type: "Journal" })).toEqual({ dropped: 1 });
    expect(await rig.deadLetters("Journal")).toEqual([]);
  });

  it("counts up to its limit and leaves the rest", async () => {
    for (const key of ["a", "b", "c"]) await kill(key);
    expect(await system.dead.drop({ limit: 2 })).toEqual({ dropped: 2 });
    expect(addressesOf(await list())).toEqual(["Journal/c"]);
  });
});
