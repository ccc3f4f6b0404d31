import { Actor, ActorContext, Every, Handler, inject, State } from "@actor-runtime/runtime";
import { describe, expect, it } from "vitest";
import { TracedRig } from "./tracing-support.js";

const minute = 60_000;
let failures = 0;

@Actor("Plan")
class Plan {
  private readonly self = inject(ActorContext);
  @State() private ticks = 0;

  @Handler() begin(): void {
    this.self.reminders.set("beat", { every: "1m" }, "tick");
  }
  @Handler() tick(): void {
    this.ticks++;
    if (failures-- > 0) throw new Error("not yet");
  }
  @Every("90s") @Handler() settle(): void {
    this.ticks++;
  }
}

describe("P11: the trace of a reminder", () => {
  it("begins anew with each tick, and each is linked to the turn that set it, also when it is tried again", async () => {
    const traced = new TracedRig();
    const system = await traced.host([Plan]);
    failures = 1;
    const began = system.ref(Plan, "a").begin();
    await traced.rig.settle();
    await began;
    await traced.rig.advance(2 * minute + 30_000);
    const [set] = traced.named("process Plan.begin");
    const ticks = traced.named("process Plan.tick");
    expect(ticks).toHaveLength(3);
    for (const { parentId, links, traceId } of ticks) {
      expect(parentId).toBeUndefined();
      expect(links).toContainEqual({ traceId: set!.traceId, spanId: set!.spanId });
      expect(traceId).not.toBe(set!.traceId);
    }
    expect(ticks.map(({ attributes }) => attributes["actor.attempt"])).toEqual([undefined, 2, undefined]);
    const [declared] = traced.named("process Plan.settle");
    expect(declared).toMatchObject({ links: [] });
    await traced.end();
  });
});
