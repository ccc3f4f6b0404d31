import { RejectedError } from "@actor-runtime/core";
import { Actor, ActorContext, Handler, inject, type LocalSystem } from "@actor-runtime/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { frameOf, refusalOf } from "./support.js";
import { TracedRig } from "./tracing-support.js";

const unreadable = (): unknown => {
  const trap = (): never => {
    throw new Error("it cannot be read");
  };
  return new Proxy({}, { getPrototypeOf: trap, get: trap, has: trap, ownKeys: trap, getOwnPropertyDescriptor: trap });
};
/** What is thrown, by name. */
const thrown: Readonly<Record<string, () => unknown>> = {
  unreadable,
  nothing: () => undefined,
  odd: () => Object.assign(new Error(), { name: { first: "odd" }, message: Symbol("odd"), stack: 12 }),
  huge: () => new Error("x".repeat(1_000_000)),
  "huge refusal": () => new RejectedError("x".repeat(1_000_000)),
};
const kinds = Object.keys(thrown);

@Actor("Thrower", { partitions: 1 })
class Thrower {
  private readonly self = inject(ActorContext);

  @Handler() tellAndThrow(kind: string): void {
    this.self.ref(Thrower, "other").tell.tellAndThrow("nothing");
    throw thrown[kind]!();
  }
  @Handler() leave(): void {
    this.self.deactivate();
  }
  onDeactivate(): void {
    throw thrown[this.self.key]!();
  }
}

@Actor("Stillborn", { partitions: 1 })
class Stillborn {
  constructor() {
    const { key } = inject(ActorContext);
    throw thrown[key]!();
  }
  @Handler() wake(): void {}
}

@Actor("Sleeper", { partitions: 1 })
class Sleeper {
  private readonly self = inject(ActorContext);

  async onActivate(): Promise<void> {
    throw thrown[this.self.key]!();
  }
  @Handler() wake(): void {}
}

let traced: TracedRig;
let system: LocalSystem;
beforeEach(async () => {
  traced = new TracedRig();
  system = await traced.host([Thrower, Stillborn, Sleeper]);
});
afterEach(() => traced.end());

/** Of all that the spans of this name ended with. */
const errors = (name: string) =>
  traced.telemetry.spans.filter((span) => span.name === name).map(({ error }) => error as Error);

describe("a traced worker whose actors throw what cannot be read", () => {
  it.each(kinds)("P13: answers the caller of a turn that told somebody before it threw: %s", async (kind) => {
    const refused = refusalOf(system.ref(Thrower, "a").tellAndThrow(kind));
    await traced.rig.advance(1_000);
    await refused;
    expect(errors("send Thrower")).toEqual([expect.any(Error)]);
  });

  it.each(kinds)("P13: answers the caller of an actor that cannot be made: %s", async (kind) => {
    for (const type of [Stillborn, Sleeper]) {
      const refused = refusalOf(system.ref(type, kind).wake());
      await traced.rig.advance(1_000);
      await refused;
      expect(errors(`activate ${type.name}`)).toEqual([expect.any(Error)]);
    }
  });

  it.each(kinds)("P13: goes on after an actor that threw when it left: %s", async (kind) => {
    const left = system.ref(Thrower, kind).leave();
    await traced.rig.advance(1_000);
    await left;
    expect(errors("deactivate Thrower")).toEqual([expect.any(Error)]);
    expect(traced.rig.logged("error")).toContain("onDeactivate failed");
  });
});

describe("what a span keeps of strangers", () => {
  it("P12: is a bounded part of an error's message", async () => {
    for (const kind of ["huge", "huge refusal"]) {
      const calls = [
        system.ref(Thrower, "a").tellAndThrow(kind),
        system.ref(Thrower, "a").tell.tellAndThrow(kind),
        system.ref(Sleeper, kind).wake(),
        system.ref(Thrower, kind).leave(),
      ].map((call) => call.catch(() => {}));
      await traced.rig.advance(60_000);
      await Promise.all(calls);
    }
    const texts = traced.telemetry.spans.flatMap(({ error }) =>
      error instanceof Error ? [error.message, error.stack ?? ""] : [],
    );
    expect(texts.length).toBeGreaterThan(10);
    expect(Math.max(...texts.map(({ length }) => length))).toBeLessThan(20_000);
  });

  it("P12: is a bounded part of the names of types, handlers and keys that nobody has", async () => {
    const name = "n".repeat(50_000);
    const messages = [
      { to: "Thrower/a", handler: name },
      { to: `${name}/a`, handler: "leave" },
      { to: `Thrower/${name}`, handler: "leave" },
    ];
    const frame = frameOf({ stream: "1767225600000-raw", first: 1, after: 0 }, messages);
    await traced.rig.publish("Thrower:g1:00", frame);
    await traced.rig.advance(60_000);
    const refused = traced.telemetry.spans.filter(({ name: own }) => own.startsWith("process "));
    expect(refused.length).toBeGreaterThanOrEqual(3);
    for (const { name: own, attributes } of refused) {
      expect(JSON.stringify([own, attributes]).length).toBeLessThan(5_000);
    }
  });
});
