import { Actor, ActorContext, Handler, inject, Query, State } from "@actor-runtime/runtime";
import { describe, expect, it } from "vitest";
import { Rig, watch } from "./support.js";

@Actor("Crier", { partitions: 1 })
class Crier {
  private readonly self = inject(ActorContext);
  @State() private cried = 0;

  @Handler() cry(times: number): number {
    for (let n = 0; n < times; n++) this.self.ref(Ear, "e").tell.hear();
    return (this.cried += times);
  }
  /** As a broken library may. */
  @Handler() breakPromise(): unknown {
    const broken = () => {
      throw new Error("a promise that cannot be waited for");
    };
    return new Proxy({}, { get: (_, name) => (name === "then" ? broken : undefined) });
  }
  @Query() count(): number {
    return this.cried;
  }
}

@Actor("Ear", { partitions: 1 })
class Ear {
  @State() private heard = 0;

  @Handler() hear(): void {
    this.heard++;
  }
  @Query() count(): number {
    return this.heard;
  }
}

describe("the end of a turn", () => {
  it("P4: with more tells than a call takes arguments commits as any other", async () => {
    const times = 200_000;
    const rig = new Rig();
    const system = await rig.host([Crier, Ear], { dev: false });
    const cried = watch(system.ref(Crier, "c").cry(times));
    await rig.advance(5_000);
    expect(cried.value).toBe(times);
    await system.crash("Crier/c");
    await rig.advance(5_000);
    expect(await system.ref(Crier, "c").count()).toBe(times);
    expect(await system.ref(Ear, "e").count()).toBe(times);
  });

  it("P13: that gives back a promise whose `then` throws is a failure of its handler alone", async () => {
    const rig = new Rig();
    const system = await rig.host([Crier, Ear]);
    const [broken, next] = [watch(system.ref(Crier, "c").breakPromise()), watch(system.ref(Crier, "c").cry(1))];
    await rig.advance(100);
    expect(broken.error?.message).toContain("a promise that cannot be waited for");
    expect(next.value).toBe(1);
    expect(rig.escaped).toEqual([]);
  });
});
