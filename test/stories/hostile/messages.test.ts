import { type DeadLetter, TooLargeError } from "@actor-runtime/core";
import { Actor, Handler, type LocalSystem, type Ports, Query, State } from "@actor-runtime/runtime";
import { describe, expect, it } from "vitest";
import { services } from "../../services/services.js";
import { House } from "./house.js";

const urls = await services();
const kibibyte = 1024;

@Actor("Hoard", { partitions: 1, attempts: 1 })
class Hoard {
  @State() private readonly things: string[] = [];

  @Handler() put(thing: string): number {
    return this.things.push(thing);
  }
  @Handler() fill(thing: string, times: number): number {
    for (let n = 0; n < times; n++) this.things.push(thing);
    return this.things.length;
  }
  @Query() lengths(): number[] {
    return this.things.map(({ length }) => length);
  }
}

async function deadOf(system: LocalSystem): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const letter of system.dead.list()) letters.push(letter);
  return letters;
}

describe("P13: what is too large", () => {
  it("as a message is refused to its sender, and what just fits takes effect", async () => {
    const house = new House(urls);
    await house.host([Hoard]);
    const ref = (await house.host([])).ref(Hoard, "h");
    const [fits, over] = ["x".repeat(255 * kibibyte), "x".repeat(256 * kibibyte)];
    expect(await ref.put(fits)).toBe(1);
    await ref.tell.put(fits);
    await expect(ref.put(over)).rejects.toMatchObject({ code: "TOO_LARGE", effect: "none" });
    await expect(ref.tell.put(over)).rejects.toBeInstanceOf(TooLargeError);
    expect(await ref.lengths()).toEqual([fits.length, fits.length]);
  });

  it("as a state leaves nothing of the turn: an error to who asked, a dead letter of what was told", async () => {
    const house = new House(urls);
    const worker = await house.host([Hoard]);
    const ref = (await house.host([])).ref(Hoard, "h");
    const thing = "x".repeat(100 * kibibyte);
    expect(await ref.fill(thing, 10)).toBe(10);
    await expect(ref.put(thing)).rejects.toMatchObject({ code: "TOO_LARGE", effect: "none" });
    await ref.tell.put(thing);
    await expect.poll(async () => (await deadOf(worker)).map(({ cause }) => cause.code)).toEqual(["TOO_LARGE"]);
    expect(await ref.put("small")).toBe(11);
    expect(await ref.lengths()).toHaveLength(11);
  });
});

describe("P13: a foreign publisher", () => {
  it("neither stops a mailbox nor ends a worker: each of its frames becomes a dead letter", async () => {
    const house = new House(urls);
    const worker = await house.host([Hoard]);
    const message = '[{"to":"Hoard/h","kind":"tell","handler":"put","args":["foreign"]}]';
    const segments = '[["Other:g1:00",1,1,0,0]]';
    await house.onBroker((channel) => {
      const publish = (body: string, headers: object) =>
        channel.publish(`actor.${house.namespace}`, "Hoard:g1:00", Buffer.from(body), { headers });
      publish("\u0000\u0001garbage", {});
      publish(message, { v: "one", segments: "[[[" });
      publish("", {});
      publish(message, { v: 99, segments });
    });
    expect(await worker.ref(Hoard, "h").put("mine")).toBe(1);
    await expect.poll(async () => (await deadOf(worker)).length).toBe(4);
    const letters = await deadOf(worker);
    expect(new Set(letters.map(({ id }) => id)).size).toBe(4);
    expect(letters.map(({ cause }) => cause.message)).toContainEqual(expect.stringContaining("version 99"));
  });

  it("has one dead letter for a frame whose worker dies between commit and ack", async () => {
    const house = new House(urls);
    let crashes = 0;
    const dying = ({ store, ...ports }: Ports): Ports => {
      const commit: Ports["store"]["commit"] = async (partition, record) => {
        const outcome = await store.commit(partition, record);
        if (record.out.length > 0 && crashes < 2) {
          crashes++;
          // The commit is in the store; nobody hears of it, and nothing is acked.
          await worker.crash("Hoard/h");
        }
        return outcome;
      };
      const get = (target: typeof store, name: keyof typeof store) => {
        const member: unknown = name === "commit" ? commit : target[name];
        return typeof member === "function" ? member.bind(target) : member;
      };
      return { ...ports, store: new Proxy(store, { get: (target, name) => get(target, name as keyof typeof store) }) };
    };
    const worker = await house.host([Hoard], { ports: dying });
    await house.onBroker((channel) => {
      channel.publish(`actor.${house.namespace}`, "Hoard:g1:00", Buffer.from("garbage"), {});
    });
    await expect.poll(() => crashes).toBe(2);
    expect(await worker.ref(Hoard, "h").put("mine")).toBe(1);
    await expect.poll(async () => (await deadOf(worker)).length).toBe(1);
    expect(house.telemetry.totals["actor.redeliveries"]).toBeGreaterThan(0);
  });
});

it("P13: two namespaces in one vhost and one Redis never meet, although their actors have the same names", async () => {
  const [here, there] = [new House(urls), new House(urls)];
  const one = await here.host([Hoard]);
  const other = await there.host([Hoard]);
  await one.ref(Hoard, "h").put("here");
  await other.ref(Hoard, "h").put("there, too");
  await one.actors.pause("Hoard");
  expect(await other.ref(Hoard, "h").with({ idempotencyKey: "k" }).put("goes on")).toBe(2);
  await one.actors.resume("Hoard");
  expect(await one.ref(Hoard, "h").with({ idempotencyKey: "k" }).put("again")).toBe(2);
  await here.onBroker((channel) => {
    channel.publish(`actor.${here.namespace}`, "Hoard:g1:00", Buffer.from("garbage"), {});
  });
  await expect.poll(async () => (await deadOf(one)).length).toBe(1);
  expect(await deadOf(other)).toEqual([]);
  await one.actors.erase("Hoard/h");
  expect(await one.ref(Hoard, "h").lengths()).toEqual([]);
  expect(await other.ref(Hoard, "h").lengths()).toEqual([10, 7]);
});
