import {
  type ActorSystem,
  ClosedError,
  ConfigError,
  HandlerError,
  QueryChangedStateError,
  RejectedError,
  TurnTimeoutError,
} from "actor-runtime";
import { type TestSystemOptions, testSystem } from "actor-runtime/testing";
import { Container } from "typedi";
import { beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { Carousel, Courier, Dispatch, Order, Part, PRICE, Stillborn } from "./shop.js";

beforeAll(() => {
  Container.set(PRICE, 3);
  return () => Container.remove(PRICE);
});

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

async function shop(options: Omit<TestSystemOptions, "actors"> = {}) {
  const t = await testSystem({ actors: [Order, Part, Carousel, Stillborn], log: silent, ...options });
  onTestFinished(() => t.close());
  return t;
}

/** What a call fails with, for calls that end only after the test has done something else. */
function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("a test system", () => {
  it("answers asks and queries although its time stands still", async () => {
    const t = await shop();
    await t.seed(Part, "wheel", { count: 5 });
    await t.ref(Part, "wheel").take(2);
    expect(await t.ref(Order, "o1").stock("wheel")).toBe(3);
    expect(t.now()).toBe(Date.UTC(2026, 0, 1));
  });

  it("runs what was told, and what that told, when it settles", async () => {
    const t = await shop();
    await t.seed(Part, "wheel", { count: 5 });
    await t.ref(Order, "o1").tell.add("wheel", 4);
    await t.settle();
    expect(await t.ref(Part, "wheel").left()).toBe(1);
  });

  it("tells actors the time it was given", async () => {
    const start = new Date("2030-05-01T12:00:00Z");
    const t = await shop({ start });
    const wheel = t.ref(Part, "wheel");
    await t.advance("12h");
    await wheel.take(0);
    expect(await wheel.lastTaken()).toEqual(new Date("2030-05-02T00:00:00Z"));
    expect(t.now()).toBe(start.getTime() + 12 * 3_600_000);
  });

  it("has the same chance for the same seed, and another for another", async () => {
    const draw = async (seed: number) => (await shop({ seed })).ref(Order, "o1").luck();
    const first = await draw(7);
    expect(await draw(7)).toBe(first);
    expect(await draw(8)).not.toBe(first);
  });

  it("finds state that a query changed in place", async () => {
    const t = await shop();
    await t.seed(Order, "o1", { lines: ["2 wheel", "1 bell"] });
    await expect(t.ref(Order, "o1").sorted()).rejects.toThrow(QueryChangedStateError);
  });

  it("fails every ask at an actor that cannot come to life, without time passing", async () => {
    const t = await shop();
    const asks = Array.from({ length: 3 }, () => failure(t.ref(Stillborn, "s").greet()));
    const noHeart = expect.objectContaining({ message: "no heart" });
    expect(await Promise.all(asks)).toEqual([noHeart, noHeart, noHeart]);
  });

  it("closes at once although a turn waits for ever, and answers nobody any more", async () => {
    const t = await shop({ provide: [[Courier, { send: () => new Promise(() => {}) }]] });
    const shipping = failure(t.ref(Order, "o1").ship());
    await t.settle();
    await t.close();
    expect(await shipping).toBeInstanceOf(ClosedError);
    expect(await failure(t.ref(Part, "wheel").left())).toBeInstanceOf(ClosedError);
  });

  it("gives running turns the time they are allowed to end in when it closes", async () => {
    const send = vi.fn<() => Promise<unknown>>(() => new Promise((resolve) => setImmediate(resolve)));
    const t = await shop({ provide: [[Courier, { send }]] });
    await t.ref(Order, "o1").tell.ship();
    await vi.waitUntil(() => send.mock.calls.length > 0, { interval: 0 });
    await t.close({ drainTimeout: "5s" });
    expect(t.now()).toBe(Date.UTC(2026, 0, 1) + 5_000);
  });

  it("fits where any actor system does", async () => {
    const system: ActorSystem = await shop();
    expect(await system.ask({ address: "Part/wheel", handler: "left", args: [] })).toBe(0);
  });
});

describe("seed", () => {
  it("stores state that the first message finds, and leaves other fields at their initial value", async () => {
    const t = await shop();
    await t.seed(Order, "o1", { shipped: true });
    expect(await t.actors.read("Order/o1")).toEqual({ lines: [], is_shipped: true });
    expect(await t.ref(Order, "o1").isShipped()).toBe(true);
  });

  it("keeps values as rich as state may be", async () => {
    const t = await shop();
    const takenAt = new Date("2025-12-24T18:00:00Z");
    await t.seed(Part, "wheel", { takenAt });
    expect(await t.ref(Part, "wheel").lastTaken()).toEqual(takenAt);
  });

  it("is what a failing turn goes back to", async () => {
    const t = await shop();
    await t.seed(Part, "wheel", { count: 2 });
    await expect(t.ref(Part, "wheel").take(3)).rejects.toThrow("sold out");
    expect(await t.ref(Part, "wheel").left()).toBe(2);
    expect(await t.ref(Part, "wheel").lastTaken()).toBeUndefined();
  });

  it("refuses a field the class does not have, naming both and what there is", async () => {
    const t = await shop();
    const seeding = t.seed(Part, "wheel", { cuont: 5 });
    await expect(seeding).rejects.toThrow(ConfigError);
    await expect(seeding).rejects.toThrow('class Part has no @State field "cuont"; it has count, takenAt');
    await expect(t.seed(Order, "o1", { visits: 1 })).rejects.toThrow('class Order has no @State field "visits"');
  });

  it("refuses an actor that is in memory already", async () => {
    const t = await shop();
    await t.ref(Part, "wheel").left();
    await expect(t.seed(Part, "wheel", { count: 5 })).rejects.toThrow("Part/wheel is in memory already");
    await t.crash("Part/wheel");
    await t.seed(Part, "wheel", { count: 5 });
    expect(await t.ref(Part, "wheel").left()).toBe(5);
  });
});

describe("sent", () => {
  it("lists what the test and the actors sent, in order, with the arguments they gave", async () => {
    const t = await shop();
    await t.seed(Part, "wheel", { count: 5 });
    await t.ref(Order, "o1").add("wheel", 4);
    await t.settle();
    await t.ref(Order, "o1").stock("wheel");
    expect(t.sent).toEqual([
      { to: "Order/o1", kind: "ask", handler: "add", args: ["wheel", 4] },
      { to: "Part/wheel", kind: "tell", handler: "take", args: [4] },
      { to: "Order/o1", kind: "query", handler: "stock", args: ["wheel"] },
      { to: "Part/wheel", kind: "query", handler: "left", args: [] },
    ]);
  });

  it("P4: has no message of a turn that failed", async () => {
    const t = await shop({ provide: [[Courier, { send: () => Promise.reject(new Error("no van")) }]] });
    await expect(t.ref(Order, "o1").ship()).rejects.toThrow("no van");
    await t.settle();
    expect(t.sent.map(({ to }) => to)).toEqual(["Order/o1"]);
  });

  it("P1: has a message once although the partition that sent it crashed and sent it again", async () => {
    const t = await shop();
    await t.seed(Part, "wheel", { count: 5 });
    await t.ref(Order, "o1").add("wheel", 4);
    await t.crash("Order/o1");
    await t.settle();
    expect(t.sent.filter(({ to }) => to === "Part/wheel")).toHaveLength(1);
    expect(await t.ref(Part, "wheel").left()).toBe(1);
  });
});

describe("deadLetters", () => {
  it("gets a refused tell at once, with its cause", async () => {
    const t = await shop();
    await t.ref(Order, "o1").add("wheel", 1);
    await t.settle();
    expect(t.deadLetters).toEqual([
      { address: "Part/wheel", handler: "take", args: [1], cause: expect.any(RejectedError), attempts: 1 },
    ]);
    expect(t.deadLetters[0]?.cause).toMatchObject({ code: "SOLD_OUT", message: "wheel is sold out" });
  });

  it("gets a failing tell after all its attempts, for which time must move", async () => {
    const t = await shop();
    await t.ref(Part, "wheel").tell.jam();
    await t.settle();
    expect(t.deadLetters).toEqual([]);
    await t.advance("1h");
    expect(t.deadLetters).toEqual([
      { address: "Part/wheel", handler: "jam", args: [], cause: expect.any(HandlerError), attempts: 3 },
    ]);
    expect(await t.ref(Part, "wheel").left()).toBe(0);
  });
});

describe("advance", () => {
  it("runs a delayed tell when its time has come, and not before", async () => {
    const t = await shop();
    await t.seed(Part, "wheel", { count: 5 });
    await t.ref(Part, "wheel").with({ delay: "5m" }).tell.take(1);
    await t.settle();
    await t.advance("4m");
    expect(await t.ref(Part, "wheel").left()).toBe(5);
    await t.advance("1m");
    expect(await t.ref(Part, "wheel").left()).toBe(4);
    expect(await t.ref(Part, "wheel").lastTaken()).toEqual(new Date("2026-01-01T00:05:00Z"));
  });

  it("ends a turn that runs too long", async () => {
    const t = await shop({ provide: [[Courier, { send: () => new Promise(() => {}) }]] });
    const shipping = failure(t.ref(Order, "o1").ship());
    await t.advance("10s");
    expect(await shipping).toBeInstanceOf(TurnTimeoutError);
    expect(await t.ref(Order, "o1").isShipped()).toBe(false);
  });

  it("refuses what is no duration", async () => {
    const t = await shop();
    await expect(t.advance(-1)).rejects.toThrow("duration: -1 is no duration");
  });
});

describe("settle", () => {
  it("leaves a turn running that waits for the test", async () => {
    let arrive = (_parcels: number): void => {};
    const send = () => new Promise<number>((resolve) => (arrive = resolve));
    const t = await shop({ provide: [[Courier, { send }]] });
    const shipping = t.ref(Order, "o1").ship();
    await t.settle();
    arrive(1);
    expect(await shipping).toBe(1);
    expect(await t.ref(Order, "o1").isShipped()).toBe(true);
  });

  it("says which message keeps coming when actors never come to rest", async () => {
    const t = await shop();
    await t.ref(Carousel, "c").tell.turn();
    await expect(t.settle()).rejects.toThrow("the last to Carousel/c.turn");
  });
});

describe("crash", () => {
  it("P4: drops what was in memory and keeps what was committed", async () => {
    const t = await shop();
    const order = t.ref(Order, "o1");
    await order.visit();
    await order.ship();
    await t.crash(order.address);
    expect(await order.visit()).toBe(1);
    expect(await order.isShipped()).toBe(true);
  });

  it("P1: runs the message again whose turn it interrupted", async () => {
    const send = vi.fn<() => Promise<number>>(async () => 2).mockImplementationOnce(() => new Promise(() => {}));
    const t = await shop({ provide: [[Courier, { send }]] });
    const shipping = t.ref(Order, "o1").ship();
    await t.settle();
    expect(send).toHaveBeenCalledTimes(1);
    await t.crash("Order/o1");
    expect(await shipping).toBe(2);
    expect(send).toHaveBeenCalledTimes(2);
  });

  it("refuses an address that nobody hosts", async () => {
    const t = await shop();
    await expect(t.crash("Elephant/e")).rejects.toThrow('does not host "Elephant"');
  });
});

describe("services", () => {
  it("are typedi's, one for all actors of a system and made anew for the next", async () => {
    const first = await shop();
    expect(await first.ref(Order, "o1").ship()).toBe(1);
    expect(await first.ref(Order, "o2").ship()).toBe(2);
    const second = await shop();
    expect(await second.ref(Order, "o1").ship()).toBe(1);
  });

  it("may be values given to typedi", async () => {
    const t = await shop();
    await t.seed(Part, "wheel", { count: 5 });
    expect(await t.ref(Part, "wheel").worth()).toBe(15);
  });

  it("are replaced by what is provided, in actors and in the services they use", async () => {
    const t = await shop({
      provide: [
        [PRICE, 10],
        [Courier, { send: async () => 77 }],
      ],
    });
    await t.seed(Part, "wheel", { count: 5 });
    expect(await t.ref(Part, "wheel").worth()).toBe(50);
    expect(await t.ref(Order, "o1").ship()).toBe(77);

    const outer = await shop({ provide: [[Dispatch, { ship: async () => 88 }]] });
    expect(await outer.ref(Order, "o1").ship()).toBe(88);
  });
});
