import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DeadLetter } from "actor-runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkSpans } from "../../otlp/check-spans.js";
import { ask, own, schedule, send, process as turn } from "../../otlp/pattern.js";
import { type TraceSpan, workerOf } from "../../otlp/trace-span.js";
import { projectWith } from "../cli-process.js";
import { Bank, Mail, Shop, Slow } from "../fixtures/traced.js";
import { TracedStage } from "./traced-stage.js";

const timeout = 40_000;
const ok = { "actor.outcome": "ok" };

let stage: TracedStage;

beforeAll(async () => {
  stage = await TracedStage.set();
  // Every hop leads to another worker.
  await Promise.all([stage.start("w1", "Shop"), stage.start("w2", "Stock,Mail"), stage.start("w3", "Bank,Slow")]);
}, timeout);
afterAll(() => stage[Symbol.asyncDispose](), timeout);

const named = (spans: readonly TraceSpan[], name: string) => spans.filter((span) => span.name === name);
const workersOf = (spans: readonly TraceSpan[], name: string) => named(spans, name).map(workerOf);

async function deadLetters(type: string): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const letter of stage.client.dead.list({ type })) letters.push(letter);
  return letters;
}

describe("P11: a trace over three workers and a client", { timeout }, () => {
  it("shows a chain of asks as one tree", async () => {
    const id = await stage.within("checkout", () => stage.client.ref(Shop, "main").order("lamp"));
    const spans = await stage.expect(
      id,
      own("checkout", [
        ask("Shop.order", [
          turn("Shop.order", [
            ask("Stock.reserve", [turn("Stock.reserve", [ask("Bank.bill", [turn("Bank.bill").with(ok)])]).with(ok)]),
          ]).with(ok),
        ]),
      ]),
    );
    expect(workersOf(spans, "ask Shop.order")).toEqual(["client"]);
    expect(workersOf(spans, "process Shop.order")).toEqual(["w1"]);
    expect(workersOf(spans, "process Stock.reserve")).toEqual(["w2"]);
    expect(workersOf(spans, "process Bank.bill")).toEqual(["w3"]);
    expect(checkSpans(spans)).toEqual([]);
  });

  it("shows a transaction as one tree: what it asked, the decision, the word of it, and how long each was held", async () => {
    const id = await stage.within("purchase", () =>
      stage.client.transaction((tx) => tx.ref(Shop, "atomic").order("broom")),
    );
    const hold = own("transaction.hold", [send("$Transaction", [turn("$Transaction.applied")])]).with({
      "actor.tx.outcome": "committed",
    });
    const told = (type: string) => send(type, [turn(`${type}.$commit`)]);
    const bill = ask("Bank.bill", [turn("Bank.bill", [hold])]);
    const reserve = ask("Stock.reserve", [turn("Stock.reserve", [hold, bill])]);
    const decision = ask("$Transaction.commit", [turn("$Transaction.commit")]);
    const commit = own("transaction.commit", [decision, told("Shop"), told("Stock"), told("Bank")]);
    const spans = await stage.expect(
      id,
      own("purchase", [
        own("transaction", [
          own("transaction.attempt", [
            ask("Shop.order", [turn("Shop.order", [hold, reserve])]),
            commit.with({ "actor.tx.path": "coordinator", "actor.tx.members": 3 }),
          ]),
        ]).with({ "actor.tx.outcome": "committed" }),
      ]),
    );
    expect(new Set(workersOf(spans, "transaction.hold"))).toEqual(new Set(["w1", "w2", "w3"]));
    expect(checkSpans(spans)).toEqual([]);
  });

  it("shows a chain of tells, which leave through the outbox, as one tree", async () => {
    const id = await stage.within("press release", () => stage.client.ref(Shop, "news").tell.announce("open"));
    const spans = await stage.expect(
      id,
      own("press release", [
        send("Shop", [
          turn("Shop.announce", [send("Mail", [turn("Mail.forward", [send("Bank", [turn("Bank.note")])])])]),
        ]),
      ]),
    );
    expect(checkSpans(spans)).toEqual([]);
  });

  it("holds the spans that a handler makes with OpenTelemetry's API, and what is asked within them", async () => {
    const id = await stage.within("evening", () => stage.client.ref(Shop, "main").tidy("brooms"));
    const reserve = ask("Stock.reserve", [turn("Stock.reserve", [ask("Bank.bill", [turn("Bank.bill")])])]);
    const sweep = own("sweep the floor", [reserve, own("put the broom away")]).inOrder();
    const spans = await stage.expect(id, own("evening", [ask("Shop.tidy", [turn("Shop.tidy", [sweep])])]));
    expect(checkSpans(spans)).toEqual([]);
  });

  it("shows where a circle of asks was found, and the circle", async () => {
    const id = await stage.within("riddle", () =>
      stage.client
        .ref(Shop, "a")
        .goRound("b")
        .catch(() => {}),
    );
    const last = ask("Shop.goRound").failed("DeadlockError").telling("exception");
    const stock = ask("Stock.goRound", [turn("Stock.goRound", [last]).failed("DeadlockError")]).failed("DeadlockError");
    const shop = ask("Shop.goRound", [turn("Shop.goRound", [stock]).failed("DeadlockError")]).failed("DeadlockError");
    const spans = await stage.expect(id, own("riddle", [shop]));
    const found = named(spans, "ask Shop.goRound").find((span) => workerOf(span) === "w2")!;
    const [exception] = found.events.filter(({ name }) => name === "exception");
    expect(exception!.attributes["exception.message"]).toContain("Shop/a → Stock/b → Shop/a");
    expect(checkSpans(spans)).toEqual([]);
  });

  it("shows each attempt of a message beside the others, until it is a dead letter of the same trace", async () => {
    const id = await stage.within("bad mail", () => stage.client.ref(Mail, "nobody").tell.fail());
    const attempt = (n: number, outcome: string) =>
      turn("Mail.fail")
        .failed("TypeError")
        .with({ ...(n > 1 && { "actor.attempt": n }), "actor.outcome": outcome });
    const spans = await stage.expect(
      id,
      own("bad mail", [
        send("Mail", [
          attempt(1, "retried").telling("retry scheduled"),
          attempt(2, "retried").telling("retry scheduled"),
          attempt(3, "dead").telling("dead_lettered"),
        ]).inOrder(),
      ]),
    );
    expect(checkSpans(spans)).toEqual([]);
    await expect.poll(() => deadLetters("Mail")).toHaveLength(1);
    const [letter] = await deadLetters("Mail");
    expect(letter).toMatchObject({ message: { trace: { traceparent: expect.stringContaining(id) } } });
  });

  it("begins anew with a link when a message was delayed", async () => {
    const id = await stage.within("alarm clock", () =>
      stage.client.ref(Bank, "alarm").with({ delay: "300ms" }).tell.note("wake up"),
    );
    const [scheduled] = named(await stage.expect(id, own("alarm clock", [schedule("Bank")])), "schedule Bank");
    const isLater = ({ name, links }: TraceSpan) =>
      name === "process Bank.note" && links.some(({ spanId }) => spanId === scheduled!.spanId);
    const [later] = await stage.receiver.until(
      (all) => all.filter(isLater),
      ({ length }) => length === 1,
    );
    expect(later).toMatchObject({ parentId: undefined, attributes: { ...ok, "actor.key": "alarm" } });
    expect(later!.traceId).not.toBe(id);
  });

  it("is of each message alone, also where a thousand of them share frames and commits", async () => {
    const ref = stage.client.ref(Bank, "crowd");
    await Promise.all(Array.from({ length: 1_000 }, () => ref.tell.note("hello")));
    const spans = await stage.receiver.until(
      (all) =>
        all.filter(({ attributes, name }) => attributes["actor.key"] === "crowd" && /^(send|process) /.test(name)),
      ({ length }) => length >= 2_000,
    );
    expect(spans).toHaveLength(2_000);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1_000);
    expect(checkSpans(spans)).toEqual([]);
    const commits = new Set(named(spans, "process Bank.note").map(({ attributes }) => attributes["actor.commit.seq"]));
    expect(commits.size).toBeLessThan(500);
  });

  it("says which messages were parked behind a slow actor", async () => {
    const release = join(await projectWith({}), "release");
    const slow = stage.client.ref(Slow, "queue");
    const waiting = slow.waitFor(release);
    const id = await stage.within("rush hour", async () => {
      // As many frames as a worker takes before it settles some, and more.
      for (let n = 0; n < 260; n++) await slow.tell.step();
    });
    await stage.receiver.trace(id, (spans) => named(spans, "park Slow.step").length > 0);
    await writeFile(release, "");
    await waiting;
    const spans = await stage.receiver.trace(id, (all) => named(all, "process Slow.step").length === 260);
    expect(checkSpans(spans)).toEqual([]);
    const parked = new Set(named(spans, "park Slow.step").map(({ parentId }) => parentId));
    expect(named(spans, "process Slow.step").filter(({ parentId }) => parked.has(parentId))).toHaveLength(parked.size);
  });

  it("shows a turn again, at another worker, when the first one was killed", async () => {
    const other = await stage.start("w4", "Slow");
    const file = join(await projectWith({ runs: "" }), "runs");
    const id = await stage.within("accident", () => stage.client.ref(Slow, "victim").tell.stallOnce(file));
    await expect.poll(async () => (await readFile(file, "utf8")).length).toBeGreaterThan(0);
    const [victim] = (await readFile(file, "utf8")).split("\n").map(Number);
    const survivor = victim === other.pid ? "w3" : "w4";
    process.kill(victim!, "SIGKILL");
    const again = turn("Slow.stallOnce").with({ ...ok, "actor.redelivered": true });
    const spans = await stage.expect(id, own("accident", [send("Slow", [again])]));
    const [run] = named(spans, "process Slow.stallOnce");
    expect(workerOf(run!)).toBe(survivor);
    const takeover = stage.receiver.spans.find(({ spanId }) => spanId === run!.links[0]?.spanId);
    expect(takeover).toMatchObject({ name: "take over Slow", failed: false });
    expect(workerOf(takeover!)).toBe(survivor);
  });
});
