import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type AnyActor, Handler, type LocalSystem, Stateless } from "@actor-runtime/runtime";
import { expect, it } from "vitest";
import { RedisProcess } from "../../services/redis-process.js";
import { services } from "../../services/services.js";
import { CountingTelemetry } from "../chaos/counting-telemetry.js";
import { join } from "../chaos/join.js";

const urls = await services();
const silent = { debug() {}, info() {}, warn() {}, error() {} };
/** Leases and the places of workers in the view end after 2 s in stories. */
const awayMs = 10_000;
const everyMs = 50;
/** Until the client knows the workers. */
const leadMs = 300;

/** What workers were told, by number. */
const told = new Set<number>();

@Stateless("Shared")
class Shared {
  @Handler() take(number: number): void {
    told.add(number);
  }
  @Handler() echo(number: number): number {
    return number;
  }
}

@Stateless("Picked", { balance: "round-robin" })
class Picked {
  @Handler() async long(ms: number): Promise<void> {
    await sleep(ms);
  }
  @Handler() echo(number: number): number {
    return number;
  }
}

it("stateless types answer asks and take tells while Redis is away for five leases, and when it is back", {
  timeout: 40_000,
}, async () => {
  await using redis = await RedisProcess.start();
  const place = { ...urls, redisUrl: redis.url, namespace: `pools-${randomBytes(4).toString("hex")}` };
  const start = (name: string, actors: readonly AnyActor[]): Promise<LocalSystem> =>
    join({ ...place, name }, actors, new CountingTelemetry(), silent);
  await using one = await start("worker-1", [Shared, Picked]);
  await using two = await start("worker-2", [Shared, Picked]);
  await using client = await start("client", []);
  const failed: unknown[] = [];
  let answered = 0;
  let meanwhile = 0;
  const confirmed: number[] = [];
  const calls: Promise<void>[] = [];
  const call = (number: number): void => {
    const asks = [client.ref(Shared), client.ref(Picked)].map((ref) => ref.with({ timeout: "20s" }).echo(number));
    calls.push(
      ...asks.map((ask) =>
        ask.then(
          () => void answered++,
          (error) => void failed.push(error),
        ),
      ),
      client
        .ref(Shared)
        .tell.take(number)
        .then(
          () => void confirmed.push(number),
          (error) => void failed.push(error),
        ),
    );
  };
  const over = new AbortController();
  // They begin while Redis is away and end when it is back: their workers have lived all the time.
  const longMs = 2_400;
  const begin = async (): Promise<void> => {
    await sleep(leadMs + awayMs - longMs / 2);
    const ref = client.ref(Picked).with({ timeout: "20s" });
    calls.push(...[1, 2, 3, 4].map(() => ref.long(longMs).catch((error) => void failed.push(error))));
  };
  const looked = sleep(leadMs + awayMs).then(() => (meanwhile = answered));
  const away = sleep(leadMs)
    .then(() => redis.beAway(awayMs))
    .then(() => sleep(1_000))
    .finally(() => over.abort());
  const begun = begin();
  let number = 0;
  while (!over.signal.aborted) {
    call(number++);
    await sleep(everyMs);
  }
  await Promise.all([away, begun, looked]);
  await Promise.all(calls);
  expect(failed).toEqual([]);
  expect(answered).toBe(2 * number);
  expect(meanwhile).toBeGreaterThan(awayMs / everyMs);
  await expect.poll(() => confirmed.filter((each) => !told.has(each))).toEqual([]);
  for (const worker of [one, two]) {
    await expect.poll(() => worker.describe().checks.store, { timeout: 10_000 }).toBe("ok");
  }
});
