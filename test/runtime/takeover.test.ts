import { type Store, StoreUnavailableError } from "@actor-runtime/core";
import { RecordingTelemetry } from "@actor-runtime/embedded";
import { Actor, Handler, type Ports, Query, State } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Rig, watch } from "./support.js";

@Actor("Tally", { partitions: 2 })
class Tally {
  @State() private count = 0;

  @Handler() add(): number {
    return ++this.count;
  }
  @Query() total(): number {
    return this.count;
  }
}

/** In the first and in the second partition. */
const [stuck, free] = ["b", "a"];

let rig: Rig;
/** The first attempt to consume a partition gets no answer until this is called. */
let fail: (error: Error) => void;

function slowToConsume(ports: Ports): Ports {
  const { broker } = ports;
  let first = true;
  const consume: typeof broker.consume = (mailbox, partition, ...rest) => {
    if (partition !== "Tally:g1:00" || !first) return broker.consume(mailbox, partition, ...rest);
    first = false;
    return new Promise((_, reject) => (fail = reject));
  };
  return { ...ports, broker: { ...broker, consume } };
}

function losses(): number {
  return rig.lines.flatMap(({ line, fields }) => (line.startsWith("lost ") ? fields["partitions"] : [])).length;
}

beforeEach(() => {
  rig = new Rig();
});

describe("taking partitions", () => {
  it("one whose queue does not answer costs the others nothing, not even while the worker starts", async () => {
    void watch(rig.host([Tally], { process: "worker", ports: slowToConsume }));
    await rig.advance(1_000);
    const client = await rig.host([], { process: "client" });
    for (let n = 1; n <= 6; n++) {
      const added = watch(client.ref(Tally, free).add());
      await rig.advance(10_000);
      expect(added.value).toBe(n);
    }
    expect(losses()).toBeLessThan(2);
  });

  it("one that takes longer to read than a lease lasts is held meanwhile, and served", async () => {
    const slowToRead = ({ store, ...ports }: Ports): Ports => {
      const load: typeof store.load = async (...args) => {
        await new Promise<void>((resolve) => rig.clock.after(25_000, resolve));
        return store.load(...args);
      };
      const get = (_: Store, name: keyof Store) => (name === "load" ? load : store[name].bind(store));
      return { ...ports, store: new Proxy(store, { get }) };
    };
    const starting = watch(rig.host([Tally], { process: "worker", ports: slowToRead }));
    await rig.advance(30_000);
    expect(starting.state).toBe("resolved");
    expect(losses()).toBe(0);
    expect(await starting.value!.ref(Tally, free).add()).toBe(1);
  });

  it("one that was lost before its queue answered is taken once, and kept", async () => {
    void watch(rig.host([Tally], { process: "worker", ports: slowToConsume }));
    await rig.advance(1_000);
    rig.world.disconnect("worker", "store");
    await rig.advance(11_000);
    rig.world.reconnect("worker", "store");
    await rig.advance(11_000);
    fail(new StoreUnavailableError("no answer"));
    await rig.advance(5_000);
    const before = losses();
    const client = await rig.host([], { process: "client" });
    for (let n = 1; n <= 6; n++) {
      const added = watch(client.ref(Tally, stuck).add());
      await rig.advance(10_000);
      expect(added.value).toBe(n);
    }
    expect(losses()).toBe(before);
  });
});

it("P6: a worker that does not know that its lease has run out is refused its commit, which is counted", async () => {
  const telemetry = new RecordingTelemetry();
  const unaware = ({ clock, leases, ...ports }: Ports): Ports => {
    const stopped = clock.monotonic();
    return {
      ...ports,
      telemetry,
      clock: { now: () => clock.now(), after: (ms, task) => clock.after(ms, task), monotonic: () => stopped },
      leases: {
        acquire: (...args) => leases.acquire(...args),
        renew: () => new Promise(() => {}),
        release: (lease) => leases.release(lease),
        inspect: (name) => leases.inspect(name),
      },
    };
  };
  await rig.host([Tally], { process: "worker", ports: unaware });
  const client = await rig.host([], { process: "client" });
  expect(await client.ref(Tally, free).add()).toBe(1);
  expect(telemetry.total("actor.fence_refusals")).toBe(0);
  await rig.advance(11_000);
  const added = watch(client.ref(Tally, free).add());
  await rig.advance(2_000);
  expect(added.value).toBe(2);
  expect(telemetry.total("actor.fence_refusals")).toBe(1);
});
