import type { Message } from "@actor-runtime/core";
import { Actor, Handler, type LocalSystem, type Ports, Query, State } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { frameOf, Gate, Rig } from "./support.js";

const partition = "Tally:g1:00";
const fin: Partial<Message> = { to: "", kind: "fin", handler: "" };

let gate: Gate;
let rig: Rig;
let worker: LocalSystem;
/** Acks do not reach the broker. */
let acksLost: boolean;
/** Channels are opened once this is open. */
let opening: Gate;

@Actor("Tally", { partitions: 1 })
class Tally {
  @State() private count = 0;

  @Handler() add(): void {
    this.count++;
  }
  @Handler({ timeout: "10m" }) async addSlowly(): Promise<void> {
    await gate.pass();
    this.count++;
  }
  @Query() total(): number {
    return this.count;
  }
}

function faulty(ports: Ports): Ports {
  const { broker } = ports;
  const consume: typeof broker.consume = async (...args) => {
    await opening.pass();
    const channel = await broker.consume(...args);
    return { ack: (tag) => void (acksLost || channel.ack(tag)), close: () => channel.close() };
  };
  return { ...ports, broker: Object.assign(Object.create(broker), { ...broker, consume }) };
}

beforeEach(async () => {
  gate = new Gate();
  opening = new Gate();
  opening.open();
  acksLost = false;
  rig = new Rig();
  worker = await rig.host([Tally], { ports: faulty });
});

function total(key: string): Promise<number> {
  return worker.ref(Tally, key).total();
}

/** The channel is lost, and what was not acked comes again. */
async function redeliver(): Promise<void> {
  rig.world.cutChannels();
  acksLost = false;
  await rig.advance(1_000);
}

describe("A.8: the row of a sender that has said its last word", () => {
  it("outlives the acks of its messages, also of one that was handled long after it", async () => {
    const client = await rig.host([], { process: "client" });
    await client.ref(Tally, "t").tell.addSlowly();
    await client.close();
    await rig.advance(70_000);
    acksLost = true;
    gate.open();
    await rig.advance(15_000);
    await redeliver();
    expect(await total("t")).toBe(1);
  });

  it("stays while a frame of it waits for the message of another sender", async () => {
    const mine = `${rig.clock.now()}-a`;
    const messages = [
      { to: "Tally/t", handler: "add" },
      { to: "Tally/slow", handler: "addSlowly" },
    ];
    const frame = frameOf({ stream: mine, first: 1, after: 0 }, messages);
    const segments = [
      { stream: mine, first: 1, count: 1, after: 0, settled: 0 },
      { stream: "Other:g1:00", first: 1, count: 1, after: 0, settled: 0 },
    ];
    await rig.publish(partition, { ...frame, headers: { ...frame.headers, segments } });
    await rig.publish(partition, frameOf({ stream: mine, first: 2, after: 1 }, [fin]));
    await rig.advance(100_000);
    await redeliver();
    gate.open();
    await rig.advance(1_000);
    expect([await total("t"), await total("slow")]).toEqual([1, 1]);
  });

  it("stays while the broker does not let its owner see what is in the queue", async () => {
    acksLost = true;
    const client = await rig.host([], { process: "client" });
    await client.ref(Tally, "t").tell.add();
    await client.close();
    opening = new Gate();
    await redeliver();
    await rig.advance(90_000);
    opening.open();
    await rig.advance(1_000);
    expect(await total("t")).toBe(1);
  });
});
