import { ActorError } from "@actor-runtime/core";
import { Actor, Handler, type LocalSystem, Query, State } from "@actor-runtime/runtime";
import { describe, expect, it } from "vitest";
import { RabbitProcess } from "../../services/rabbitmq-process.js";
import { services } from "../../services/services.js";
import { House } from "./house.js";

const urls = await services();
const timeout = 60_000;

@Actor("Shelf", { partitions: 1, attempts: 1 })
class Shelf {
  @State() private readonly numbers: number[] = [];

  @Handler() add(n: number, _load?: string): number {
    return this.numbers.push(n);
  }
  @Query() all(): number[] {
    return this.numbers;
  }
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

async function expectCounted(client: LocalSystem, numbers: readonly number[]): Promise<void> {
  await expect.poll(() => client.ref(Shelf, "s").all()).toEqual(numbers);
  for await (const letter of client.dead.list()) expect(letter).toBeUndefined();
}

it("P12: a full mailbox refuses tells and asks with the time to wait, and loses nothing it took", {
  timeout,
}, async () => {
  const house = new House(urls);
  const worker = await house.host([Shelf], { maxMailboxBytes: 256 * 1024, limits: { maxUnsettledBytes: 1 } });
  const client = await house.host([]);
  const load = "x".repeat(50_000);
  expect(await client.ref(Shelf, "s").add(1)).toBe(1);
  await worker.actors.pause("Shelf");
  await expect.poll(() => house.lines.some(({ line }) => line.includes("pause"))).toBe(true);
  const taken = [1];
  let refusal: unknown;
  for (let n = 2; refusal === undefined && n < 200; n++) {
    try {
      await client.ref(Shelf, "s").with({ timeout: "1s" }).tell.add(n, load);
      taken.push(n);
    } catch (error) {
      refusal = error;
    }
  }
  expect(refusal).toMatchObject({
    code: "OVERLOADED",
    scope: "mailbox",
    effect: "none",
    retryAfterMs: expect.any(Number),
  });
  expect(taken.length).toBeLessThan(100);
  await expect(client.ref(Shelf, "s").with({ timeout: "1s" }).add(-1, load)).rejects.toMatchObject({
    code: "OVERLOADED",
    scope: "mailbox",
    effect: "none",
    retryAfterMs: expect.any(Number),
  });
  await worker.actors.resume("Shelf");
  await expectCounted(client, taken);
  expect(await client.ref(Shelf, "s").add(1_000)).toBe(taken.length + 1);
});

it("P1: a queue that is deleted under a running worker is declared anew; what was in it is counted as missing", {
  timeout,
}, async () => {
  const house = new House(urls);
  const worker = await house.host([Shelf], { limits: { holdMs: 300 } });
  const client = await house.host([]);
  expect(await client.ref(Shelf, "s").add(1)).toBe(1);
  await worker.actors.pause("Shelf");
  await expect.poll(() => house.lines.some(({ line }) => line.includes("pause"))).toBe(true);
  await client.ref(Shelf, "s").tell.add(2);
  await house.onBroker((channel) => channel.deleteQueue(`actor.${house.namespace}.Shelf.g1.00`));
  await expect.poll(() => house.telemetry.totals["actor.partitions_lost"]).toBe(1);
  await worker.actors.resume("Shelf");
  await client.ref(Shelf, "s").tell.add(3);
  expect(await client.ref(Shelf, "s").add(4)).toBe(3);
  await expectCounted(client, [1, 3, 4]);
  expect(house.telemetry.totals["stream.gap_messages"]).toBe(1);
});

describe("a RabbitMQ of its own", { timeout: 2 * timeout }, () => {
  it("P1: that runs out of memory stops confirms, and spends neither attempts nor time-outs of them", async () => {
    await using rabbit = await RabbitProcess.start();
    const house = new House({ ...urls, amqpUrl: rabbit.url });
    await house.host([Shelf]);
    const client = await house.host([]);
    expect(await client.ref(Shelf, "s").add(1)).toBe(1);
    await rabbit.ctl("set_vm_memory_high_watermark", "0.00001");
    const ref = client.ref(Shelf, "s").with({ timeout: "30s" });
    const calls = upTo(40)
      .slice(1)
      .map((n) => (n % 2 === 0 ? ref.tell.add(n) : ref.add(n)));
    const ended = Promise.allSettled(calls);
    // Longer than a confirm may take when nothing is blocked.
    await expect(client.ref(Shelf, "s").with({ timeout: "4s" }).all()).rejects.toThrow(ActorError);
    await rabbit.ctl("set_vm_memory_high_watermark", "0.4");
    expect((await ended).filter(({ status }) => status === "rejected")).toEqual([]);
    await expectCounted(client, upTo(40));
    expect(house.telemetry.totals["actor.partitions_lost"]).toBeUndefined();
    expect(house.telemetry.totals["actor.duplicates"]).toBeUndefined();
  });
});
