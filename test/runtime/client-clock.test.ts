import { Actor, Handler, type LocalSystem, type Ports } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { Rig, watch } from "./support.js";

const hour = 3_600_000;
/** A client looks each lease, and so do workers three times. */
const noticed = 11_000;

let rig: Rig;
let client: LocalSystem;
let said: string[];

@Actor("Echo")
class Echo {
  @Handler() say(what: string): string {
    said.push(what);
    return what;
  }
}

beforeEach(async () => {
  rig = new Rig();
  said = [];
  await rig.host([Echo]);
  client = await rig.host([]);
});

describe("a process that only makes calls", () => {
  it("is served after the store's clock was set forward: its asks came too late, as long as it lived", async () => {
    rig.clock.jumpWall(hour);
    await rig.advance(noticed);
    const asked = watch(client.ref(Echo, "a").say("hello"));
    await rig.settle();
    expect(asked).toMatchObject({ state: "resolved", value: "hello" });
  });

  it.each([
    ["forward", hour],
    ["back", -hour],
  ])("delays what it tells by no less and no more after the store's clock was set %s", async (_, ms) => {
    rig.clock.jumpWall(ms);
    await rig.advance(noticed);
    const told = client.ref(Echo, "a").with({ delay: 60_000 }).tell.say("later");
    await rig.advance(59_000);
    await told;
    expect(said).toEqual([]);
    await rig.advance(2_000);
    expect(said).toEqual(["later"]);
  });

  it("reads it no more once it is closed", async () => {
    let read: MockInstance | undefined;
    const spied = (ports: Ports): Ports => {
      read = vi.spyOn(ports.store, "time");
      return ports;
    };
    const other = await rig.host([], { ports: spied });
    await rig.advance(25_000);
    expect(read).toHaveBeenCalledTimes(3);
    await other.close();
    await rig.advance(60_000);
    expect(read).toHaveBeenCalledTimes(3);
  });
});
