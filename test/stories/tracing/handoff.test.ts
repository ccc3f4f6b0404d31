import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkSpans } from "../../otlp/check-spans.js";
import { workerOf } from "../../otlp/trace-span.js";
import { Bank } from "../fixtures/traced.js";
import { TracedStage } from "./traced-stage.js";

const timeout = 60_000;
/** Between two calls. */
const paceMs = 5;
const partitions = 4;

let stage: TracedStage;

beforeAll(async () => {
  stage = await TracedStage.set();
}, timeout);
afterAll(() => stage[Symbol.asyncDispose](), timeout);

it("P11: no trace breaks or goes missing while partitions move to a worker that joins, and to it alone", {
  timeout,
}, async () => {
  const { client, receiver } = stage;
  const leaving = await stage.start("w1", "Bank");
  const end = new AbortController();
  let [asked, told] = [0, 0];
  const flow = async () => {
    for (let n = 0; !end.signal.aborted; n++) {
      const bank = client.ref(Bank, `branch-${n % 40}`);
      asked++;
      told++;
      await Promise.all([bank.bill(1), bank.tell.note("x"), sleep(paceMs)]);
    }
  };
  const flows = [flow(), flow(), flow()];
  try {
    await stage.start("w2", "Bank");
    await expect.poll(() => holders()).toEqual(new Set(["w1", "w2"]));
    leaving.kill("SIGTERM");
    expect(await leaving.ended()).toBe(0);
    await expect.poll(() => holders()).toEqual(new Set(["w2"]));
  } finally {
    end.abort();
    await Promise.all(flows);
  }

  const names = ["ask Bank.bill", "process Bank.bill", "send Bank", "process Bank.note"];
  const spans = await receiver.until(
    (all) => all.filter(({ name }) => names.includes(name)),
    ({ length }) => length >= 2 * (asked + told),
  );
  expect(names.map((name) => spans.filter((span) => span.name === name).length)).toEqual([asked, asked, told, told]);
  expect(checkSpans(receiver.spans)).toEqual([]);
  const moves = receiver.spans.filter(({ name }) => name.endsWith(" over Bank"));
  const movesOf = (worker: string) =>
    moves
      .filter((span) => workerOf(span) === worker)
      .map(({ name }) => name)
      .toSorted();
  expect(movesOf("w1")).toEqual([
    ...Array.from({ length: partitions }, () => "hand over Bank"),
    ...Array.from({ length: partitions }, () => "take over Bank"),
  ]);
  expect(movesOf("w2")).toEqual(Array.from({ length: partitions }, () => "take over Bank"));
});

/** Who holds partitions of the bank; `undefined`: one is held by nobody. */
async function holders(): Promise<Set<string | undefined>> {
  const { mailboxes } = await stage.client.cluster.describe();
  const bank = mailboxes.find(({ mailbox }) => mailbox.name === "Bank");
  return new Set(bank?.holders.map((holder) => holder?.worker));
}
