import {
  type Broker,
  type Destination,
  type Frame,
  InvalidArgumentsError,
  parseMessages,
  partitionOf,
  UnknownTypeError,
} from "@actor-runtime/core";
import { Actor, Handler, type LocalSystem, State, systemActors } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Rig, refusalOf, watch } from "./support.js";

@Actor("Far", { partitions: 1 })
class Far {
  @State() private visits = 0;
  @Handler() visit(): number {
    return ++this.visits;
  }
}

const minute = 60_000;
const committed = { kind: "committed" };

let rig: Rig;
let worker: LocalSystem;
let client: LocalSystem;
let until: number;

beforeEach(async () => {
  rig = new Rig();
  worker = await rig.host(systemActors, { process: "worker", workerId: "worker" });
  client = await rig.host([], { process: "client", workerId: "client" });
  until = rig.clock.now() + 10_000;
});

function ask(handler: string, ...args: readonly unknown[]): Promise<unknown> {
  return client.ask({ address: "$Transaction/t", handler, args });
}

/** What it keeps of its decisions; `undefined`: nothing is stored. */
function kept(): Promise<Record<string, unknown> | undefined> {
  return client.actors.read("$Transaction/t");
}

/** Participants of this type hear nothing: nobody hosts them any more. */
async function farAway(): Promise<void> {
  const far = await rig.host([Far], { process: "far", workerId: "far" });
  const closed = far.close();
  await rig.advance(1_000);
  await closed;
}

/** Word of the commit on its way to participants, by address. */
function told(): string[] {
  return rig
    .messagesTo("Far:g1:00")
    .filter(({ handler }) => handler === "$commit")
    .map(({ to, args }) => `${to} ${args.join(" ")}`);
}

/** What tells a coordinator to forget is confirmed and gone, as if its commit in the mailbox's partition had been lost. */
function withoutForget(broker: Broker): Broker {
  return new Proxy(broker, {
    get(target, key) {
      if (key === "publish") {
        return (to: Destination, frame: Frame) =>
          parseMessages(frame.body).some(({ handler }) => handler === "forget")
            ? Promise.resolve("confirmed")
            : target.publish(to, frame);
      }
      const member: unknown = Reflect.get(target, key);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

describe("a coordinator", () => {
  it("stores nothing of a transaction that runs", async () => {
    expect(await ask("inquire", "t:1", until)).toEqual({ kind: "pending" });
    await rig.settle();
    expect(await kept()).toBeUndefined();
  });

  it("P5: has a commit stored before it answers, and leaves it to its caller to tell the participants", async () => {
    await farAway();
    expect(await ask("commit", "t:1", { "Far/a": "write", "Far/b": "read" }, until)).toEqual(committed);
    expect(await kept()).toMatchObject({ committed: { id: "t:1", open: ["Far/a"] } });
    await rig.settle();
    expect(told()).toEqual([]);
    expect(await ask("describe")).toMatchObject({ committed: { id: "t:1", open: ["Far/a"] }, aborted: [] });
  });

  it("forgets a commit once everybody has changed, and gives its first answer to whoever asks again", async () => {
    await farAway();
    const commit = () =>
      client.ask({
        address: "$Transaction/t",
        handler: "commit",
        args: ["t:1", { "Far/a": "write" }, until],
        idempotencyKey: "commit:t:1",
      });
    await commit();
    await ask("applied", "t:1", "Far/b");
    expect(await kept()).toBeDefined();
    await ask("applied", "t:1", "Far/a");
    expect(await kept()).toBeUndefined();
    await rig.advance(9 * minute);
    expect(await commit()).toEqual(committed);
  });

  it("keeps no record of a transaction in which everybody only read", async () => {
    await farAway();
    expect(await ask("commit", "t:1", { "Far/a": "read" }, until)).toEqual(committed);
    expect(await kept()).toBeUndefined();
  });

  it("decides once: a commit after an abort is aborted for the first reason, and the other way round", async () => {
    await farAway();
    expect(await ask("abort", "t:1", "lost", until)).toMatchObject({ kind: "aborted", reason: "lost" });
    expect(await ask("commit", "t:1", { "Far/a": "write" }, until)).toMatchObject({ kind: "aborted", reason: "lost" });
    expect(await ask("commit", "t:2", { "Far/a": "write" }, until)).toEqual(committed);
    expect(await ask("abort", "t:2", "lost", until)).toEqual(committed);
    expect(await ask("inquire", "t:2", until, "older:1")).toEqual(committed);
  });

  it("lets one attempt of a transaction commit, and no other", async () => {
    await farAway();
    await ask("commit", "t:1", { "Far/a": "write" }, until);
    const other = { kind: "aborted", reason: "superseded" };
    expect(await ask("commit", "t:2", { "Far/a": "write" }, until)).toMatchObject(other);
    expect(await ask("inquire", "t:2", until)).toMatchObject(other);
  });

  it("aborts the younger that an older one waits for, and says for whom", async () => {
    const outcome = { kind: "aborted", reason: "conflict", by: "older:1" };
    expect(await ask("inquire", "t:1", until, "older:1")).toMatchObject(outcome);
    expect(await ask("commit", "t:1", {}, until)).toMatchObject(outcome);
  });

  it("aborts what comes too late, by the store's time", async () => {
    await rig.advance(10_001);
    expect(await ask("commit", "t:1", {}, until)).toMatchObject({ kind: "aborted", reason: "deadline" });
    expect(await ask("inquire", "t:2", until)).toMatchObject({ kind: "aborted", reason: "deadline" });
  });

  it("remembers aborts for a minute after their time, also when its worker crashes, and then nothing", async () => {
    await ask("abort", "t:1", "lost", until);
    await ask("abort", "t:2", "rejected", until + minute);
    await worker.crash("$Transaction/t");
    await rig.advance(69_000);
    expect(await kept()).toMatchObject({ aborted: [{ id: "t:1" }, { id: "t:2" }] });
    await rig.advance(2_000);
    expect(await kept()).toMatchObject({ aborted: [{ id: "t:2" }] });
    await rig.advance(minute);
    expect(await kept()).toBeUndefined();
  });

  it("forgets an abort though the store lost the word that it is time to: it was kept for ever", async () => {
    const lossy = await rig.host(systemActors, {
      process: "lossy",
      workerId: "lossy",
      ports: (given) => ({ ...given, broker: withoutForget(given.broker) }),
    });
    const closed = worker.close();
    await rig.advance(1_000);
    await closed;
    await ask("abort", "t:1", "lost", until);
    await rig.advance(69_000);
    expect(await kept()).toMatchObject({ aborted: [{ id: "t:1" }] });
    await rig.advance(26_000);
    expect(await kept()).toBeUndefined();
    expect(lossy.describe().state).toBe("running");
  });

  it("keeps what committed under an idempotency key, after everybody has changed, for its time", async () => {
    await farAway();
    expect(await ask("result")).toBeUndefined();
    await ask("commit", "t:1", { "Far/a": "write" }, until, { forMs: 10 * minute, result: { paid: 5n } });
    await ask("applied", "t:1", "Far/a");
    expect(await ask("result")).toEqual({ committed: "t:1", result: { paid: 5n } });
    await rig.advance(11 * minute);
    expect(await ask("result")).toBeUndefined();
    expect(await kept()).toBeUndefined();
  });

  it("keeps that also where nobody took part, and where somebody never says that he changed", async () => {
    await farAway();
    await ask("commit", "t:1", { "Far/a": "write" }, until, { forMs: 1_000, result: 1 });
    await rig.advance(minute);
    expect(await kept()).toMatchObject({ committed: { open: ["Far/a"] } });
    await ask("applied", "t:1", "Far/a");
    expect(await kept()).toBeUndefined();
    await ask("commit", "t:2", {}, rig.clock.now() + minute, { forMs: 1_000, result: 2 });
    expect(await ask("result")).toEqual({ committed: "t:2", result: 2 });
    await rig.advance(2_000);
    expect(await kept()).toBeUndefined();
  });

  it("hears what came while it made room for another, which waited until more came", async () => {
    const small = new Rig();
    await small.host(systemActors, { process: "worker", workerId: "worker", limits: { maxActivations: 1 } });
    const caller = await small.host([], { process: "client", workerId: "client" });
    const inquire = (key: string) =>
      caller.ask({
        address: `$Transaction/${key}`,
        handler: "inquire",
        args: [`${key}:1`, small.clock.now() + 10_000],
      });
    const neighbour = Array.from({ length: 100 }, (_, index) => `u${index}`).find(
      (key) => partitionOf(key, 8) === partitionOf("t", 8),
    )!;
    await inquire("t");
    const asked = watch(Promise.all([inquire(neighbour), inquire("t")]));
    await small.settle();
    expect(asked).toMatchObject({ state: "resolved", value: [{ kind: "pending" }, { kind: "pending" }] });
  });

  it("looks every 20 s whether all have said that they changed, and tells them once more", async () => {
    await farAway();
    await ask("commit", "t:1", { "Far/a": "write", "Far/b": "write", "Far/c": "read" }, until);
    await ask("applied", "t:1", "Far/b");
    await rig.advance(21_000);
    expect(told()).toEqual(["Far/a t:1 write", "Far/b t:1 write"]);
    await ask("applied", "t:1", "Far/a");
    expect(await kept()).toBeDefined();
    await ask("applied", "t:1", "Far/b");
    expect(await kept()).toBeUndefined();
  });

  it("what was said of an attempt counted for the next one under its key, which was forgotten too early", async () => {
    await farAway();
    const both = { "Far/a": "write", "Far/b": "write" };
    await ask("commit", "t:1", both, until, { forMs: 1_000, result: 1 });
    await ask("applied", "t:1", "Far/a");
    await ask("applied", "t:1", "Far/b");
    await rig.advance(1_100);
    expect(await ask("result")).toBeUndefined();
    await ask("commit", "t:2", both, until);
    await ask("applied", "t:2", "Far/a");
    expect(await kept()).toMatchObject({ committed: { id: "t:2" } });
  });

  it("lets an operator decide where nobody has, on the record", async () => {
    await farAway();
    expect(await ask("resolve", "t:1", "commit", { "Far/a": "write" }, until)).toEqual(committed);
    expect(await kept()).toMatchObject({ committed: { id: "t:1", forced: true } });
    await rig.settle();
    expect(told()).toEqual(["Far/a t:1 write true"]);
    expect(await ask("resolve", "t:1", "abort", {}, until)).toEqual(committed);
  });

  it("decides nothing for an operator where a participant cannot be told: its type was never hosted", async () => {
    const refused = watch(ask("resolve", "t:1", "commit", { "Nowhere/a": "write" }, until));
    await rig.settle();
    expect(refused.error).toBeInstanceOf(UnknownTypeError);
    expect(await ask("inquire", "t:1", until)).toEqual({ kind: "pending" });
  });

  it.each<[string, readonly unknown[], string]>([
    ["commit", ["other:1", {}, 0], 'id: "other:1" is no attempt of the transaction "t"'],
    ["commit", ["t:", {}, 0], 'id: "t:" is no attempt'],
    ["commit", [`t:${"1".repeat(600)}`, {}, 0], "id: must be a string"],
    ["commit", ["t:1", null, 0], "members: must be what each actor did, by address"],
    ["commit", ["t:1", { "Far/a": "wrote" }, 0], 'members: Far/a must be "read" or "write"'],
    ["commit", ["t:1", { nobody: "write" }, 0], 'member: "nobody" is no actor address'],
    ["commit", ["t:1", {}, "soon"], "until: must be a time in ms"],
    ["commit", ["t:1", {}, 1e15], "until: must be a time in ms, at most 1 h ahead"],
    ["commit", ["t:1", {}, 0, { forMs: -1 }], "keep.forMs: must be a number of ms"],
    ["abort", ["t:1", "whim", 0], "reason: must be one of rejected, conflict"],
    ["inquire", ["t:1", 0, 7], "wound: must be a string"],
    ["resolve", ["t:1", "maybe", {}, 0], 'outcome: must be "commit" or "abort"'],
    ["applied", ["t:1", 5], "member: must be an address"],
  ])("P13: refuses %s%j with what is wrong, and keeps nothing", async (handler, args, message) => {
    const error = await refusalOf(ask(handler, ...args));
    expect(error).toBeInstanceOf(InvalidArgumentsError);
    expect(error.message).toContain(message);
    expect(await kept()).toBeUndefined();
  });
});
