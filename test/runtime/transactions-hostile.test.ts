import {
  type MessageKind,
  parseMessages,
  parseReplies,
  type Reply,
  type TransactionContext,
} from "@actor-runtime/core";
import { Actor, Handler, type LocalSystem, type Ports, Query, State, systemActors } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { frameOf, Gate, Rig, watch } from "./support.js";

@Actor("Purse", { partitions: 1 })
class Purse {
  @State() private coins = 100;

  @Handler() add(coins: number): number {
    return (this.coins += coins);
  }
  @Query() count(): number {
    return this.coins;
  }
}

@Actor("Chest", { partitions: 2 })
class Chest extends Purse {}

const actors = [Purse, Chest, ...systemActors];
const partition = "Purse:g1:00";
const stream = "1767225600000-raw";

let rig: Rig;
let client: LocalSystem;
let replies: Reply[];
let replyTo: string;

beforeEach(async () => {
  rig = new Rig();
  await rig.host(actors, { process: "worker", workerId: "worker" });
  client = await rig.host([], { process: "client", workerId: "client" });
  replies = [];
  const queue = await rig.stranger().openReplies({
    receive: (body) => replies.push(...parseReplies(body)),
    reopened: () => {},
  });
  replyTo = queue.address;
});

const longId = `${"x".repeat(300)}:1`;

describe("P13: word of a transaction that ended its worker, and whoever took its partition next", () => {
  it.each<[handler: string, kind: MessageKind, args: readonly unknown[]]>([
    ["$commit", "tell", []],
    ["$commit", "tell", [{ $future: 1 }, "write"]],
    ["$commit", "tell", [{ toString: 1 }, "write"]],
    ["$commit", "tell", ["no-colon", "write"]],
    ["$commit", "tell", ["a:1", "delete"]],
    ["$commit", "tell", [longId, "write"]],
    ["$abort", "tell", [{ $map: 1 }]],
    ["$abort", "tell", [7]],
    ["$commitHere", "ask", []],
    ["$commitHere", "ask", ["a:1", 1, "Purse/x"]],
    ["$commitHere", "ask", ["a:1", 1, []]],
    ["$commitHere", "ask", ["a:1", 1, [7, null]]],
    ["$commitHere", "ask", ["a:1", "soon", ["Purse/x"]]],
    // Its coordinator refuses to be asked about it, over and over.
    ["$commitHere", "ask", ["a:1", 1e300, ["Purse/x"]]],
    ["$commitHere", "ask", [longId, 1, ["Purse/x"]]],
  ])("%s (%s) of %j is refused", async (handler, kind, args) => {
    const back = kind === "ask" ? { replyTo, call: "c" } : {};
    await rig.publish(
      partition,
      frameOf({ stream, first: 1, after: 0 }, [{ to: "Purse/x", kind, handler, args, ...back }]),
    );
    await rig.settle();
    expect(rig.escaped).toEqual([]);
    const refusal = { class: expect.stringMatching(/^(InvalidArguments|UnknownHandler)Error$/), effect: "none" };
    if (kind === "ask") expect(replies).toMatchObject([{ call: "c", error: refusal }]);
    else expect(await rig.deadLetters("Purse")).toMatchObject([{ cause: refusal }]);
    expect(await client.ref(Purse, "x").add(1)).toBe(101);
  });
});

describe("P9: an actor that was held for ever", () => {
  const now = 1_767_225_600_000;

  it.each<[what: string, kind: MessageKind, tx: TransactionContext]>([
    ["never ends", "ask", { id: "a:1", since: now, until: 1e300 }],
    ["has no coordinator", "ask", { id: longId, since: now, until: now + 1_000 }],
    ["nobody waits for", "tell", { id: "a:1", since: now, until: now + 1_000 }],
    ["has no number", "query", { id: "a:1", since: now, until: now + 1_000 }],
  ])("by a call in a transaction that %s: such a call is refused", async (_, kind, tx) => {
    const handler = kind === "query" ? "count" : "add";
    const back = kind === "tell" ? {} : { replyTo, call: "c" };
    await rig.publish(
      partition,
      frameOf({ stream, first: 1, after: 0 }, [{ to: "Purse/x", kind, handler, args: [50], tx, ...back }]),
    );
    await rig.settle();
    if (kind === "tell") expect(await rig.deadLetters("Purse")).toHaveLength(1);
    else expect(replies).toMatchObject([{ call: "c", error: { class: "InvalidArgumentsError" } }]);
    expect(await client.ref(Purse, "x").add(1)).toBe(101);
  });
});

describe("P13: what transactions hold, as nobody of ours stored it,", () => {
  it.each(["{{{", "null", "{}", '{"holders":[]}', '{"holders":[{"id":7}]}', '{"holders":[],"tentative":{}}'])(
    "%s: its partition is not served, nothing of it runs or commits, and the log names the actor",
    async (text) => {
      let broken = false;
      let commits = 0;
      const misread = ({ store, ...ports }: Ports): Ports => {
        const load: typeof store.load = async (of, lease) => {
          const image = await store.load(of, lease);
          return broken ? { ...image, holds: new Map([...image.holds, ["Purse/y", text]]) } : image;
        };
        const commit: typeof store.commit = (of, record) => {
          if (broken) commits++;
          return store.commit(of, record);
        };
        const get = (_: object, name: keyof typeof store) =>
          ({ load, commit })[name as "load"] ?? store[name].bind(store);
        return { ...ports, store: new Proxy<typeof store>(store, { get }) };
      };
      rig = new Rig();
      const worker = await rig.host(actors, { process: "worker", ports: misread });
      client = await rig.host([], { process: "client" });
      const gate = new Gate();
      const transfer = watch(
        client.transaction(async (tx) => {
          await tx.ref(Purse, "x").add(5);
          await gate.pass();
        }),
      );
      await rig.settle();
      broken = true;
      await worker.crash("Purse/x");
      await rig.advance(5_000);
      expect(commits).toBe(0);
      expect(rig.lines.map(({ fields }) => String(fields.err))).toContainEqual(
        expect.stringContaining("what transactions hold of Purse/y cannot be read"),
      );
      broken = false;
      await rig.advance(3_000);
      gate.open();
      await rig.advance(1_000);
      expect(transfer.state).toBe("resolved");
      expect(await client.ref(Purse, "x").count()).toBe(105);
      expect(rig.escaped).toEqual([]);
    },
  );
});

it("P12: word of ten thousand that changed came to their coordinator one by one, until it lost its partition: it is one for all of a partition", async () => {
  const keys = Array.from({ length: 50 }, (_, n) => `chest-${n}`);
  await client.transaction((tx) => Promise.all(keys.map((key) => tx.ref(Chest, key).add(1))));
  await rig.advance(2_000);
  const words = rig.published
    .flatMap(({ frame }) => parseMessages(frame.body))
    .filter(({ handler }) => handler === "applied");
  expect(words).toHaveLength(2);
  expect(new Set(words.flatMap(({ args }) => args.slice(1)))).toEqual(new Set(keys.map((key) => `Chest/${key}`)));
  expect(await client.transactions.list()).toEqual([]);
});
