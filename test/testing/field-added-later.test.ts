import { EmbeddedWorld, SilentTelemetry, SystemClock, SystemRandom } from "@actor-runtime/embedded";
import { createSystem } from "@actor-runtime/runtime";
import { Actor, type AnyActor, Handler, RejectedError, State } from "actor-runtime";
import { expect, it } from "vitest";

@Actor("Pot")
class OldPot {
  @State() private tea = 0;
  @Handler() pour(): number {
    return ++this.tea;
  }
}

/** The same actor after a deploy; the new field needs no migration, it begins with its initial value. */
@Actor("Pot")
class NewPot {
  @State() private readonly tea = 0;
  @State() private milk = 0;
  @Handler() addMilk(): void {
    this.milk++;
    throw new RejectedError("no milk, please");
  }
  @Handler() taste(): { tea: number; milk: number } {
    return { tea: this.tea, milk: this.milk };
  }
}

it("P4: a turn that fails leaves nothing in a field that was added after the state was stored", async () => {
  const clock = new SystemClock();
  const random = new SystemRandom();
  const world = new EmbeddedWorld({ clock, random });
  const host = (actor: AnyActor, process: string) =>
    createSystem({
      ports: { ...world.connect(process), clock, random, telemetry: new SilentTelemetry() },
      actors: [actor],
    });

  const before = await host(OldPot, "before");
  await before.ref(OldPot, "p").pour();
  await before.close();

  await using after = await host(NewPot, "after");
  await expect(after.ref(NewPot, "p").addMilk()).rejects.toThrow("no milk");
  expect(await after.ref(NewPot, "p").taste()).toEqual({ tea: 1, milk: 0 });
});
