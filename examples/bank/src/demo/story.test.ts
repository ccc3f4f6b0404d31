import { connect } from "actor-runtime";
import { expect, it, onTestFinished } from "vitest";
import { Account, Bank } from "../accounts.js";
import { tellStory } from "./story.js";

/** A short story: the clients draw so many numbers. `meanwhile` is called once, while they are at it. */
async function story(draws: number, meanwhile: (deposit: (cents: number) => Promise<number>) => Promise<unknown>) {
  const system = await connect({ actors: [Account, Bank], amqpUrl: "", redisUrl: "" });
  onTestFinished(() => system.close());
  const stop = new AbortController();
  const lines: string[] = [];
  let drawn = 0;
  let other: Promise<unknown> = Promise.resolve();
  const difference = await tellStory(system, {
    clients: 4,
    accounts: 10,
    transfers: 50,
    stop: stop.signal,
    random: () => {
      drawn += 1;
      if (drawn === 10) other = meanwhile((cents) => system.ref(Account, "a001").deposit(cents));
      if (drawn === draws) stop.abort();
      return Math.random();
    },
    print: (line) => lines.push(line),
  });
  await other;
  return { difference, text: lines.join("\n") };
}

it("P1: loses no cent under load, and shows what happens", async () => {
  const { difference, text } = await story(2_000, async () => {});
  expect(difference).toBe(0);
  expect(text).toMatch(/owns the 16 partitions of Account\n +10 accounts by partition: (\d+ ){15}\d+\n/);
  expect(text).toMatch(/[\d,]+ messages\/s/);
  expect(text).toMatch(
    /before: +(a000 [\d,.]+, a001 [\d,.]+)\n +25\.00: +(a000 .*), both at once\n.*\n.*insufficient funds\n +after: +\2, no trace/,
  );
  expect(text).toMatch(
    /50 transfers at once among 10 accounts\n +\d+ committed, \d+ refused, .*\n.*was always [\d,]+\.\d\d/,
  );
  expect(text).toMatch(
    /before: (\{"balance":\d+\})\n.*RejectedError \(INSUFFICIENT_FUNDS\).*\n.*after: +\1, rolled back/,
  );
  expect(text).toContain("DeadlockError (DEADLOCK): deadlock: Account/a001 → Bank/main → Account/a001");
  expect(text).toContain("no cent was lost");
});

it("finds a cent that is in no book", async () => {
  const { difference, text } = await story(2_000, (deposit) => deposit(1));
  expect(difference).toBe(1);
  expect(text).toContain("THE DIFFERENCE IS 0.01");
});
