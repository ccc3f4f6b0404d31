import { Actor, ActorContext, Handler, inject, type LocalSystem, State, Stateless } from "@actor-runtime/runtime";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ask, expectTree, process, send } from "../otlp/pattern.js";
import { refusalOf } from "./support.js";
import { TracedRig } from "./tracing-support.js";

@Actor("Album", { partitions: 1 })
class Album {
  private readonly self = inject(ActorContext);
  @State() private images = 0;

  @Handler() async make(image: string): Promise<string> {
    return this.self.ref(Resize).run(image);
  }
  @Handler() add(_image: string): void {
    this.images++;
  }
}

@Stateless("Resize")
class Resize {
  private readonly self = inject(ActorContext);

  @Handler() run(image: string): string {
    this.self.ref(Album, "small").tell.add(image);
    return `small ${image}`;
  }
  @Handler() fail(): void {
    throw new Error("on purpose");
  }
}

let traced: TracedRig;
let system: LocalSystem;

beforeEach(async () => {
  traced = new TracedRig();
  system = await traced.host([Album, Resize]);
});
afterEach(() => traced.end());

it("P11: what an actor asks a stateless type, and what that tells, is one trace", async () => {
  await system.ref(Album, "all").make("cat");
  await traced.rig.settle();
  const told = [send("Album", [process("Album.add")])];
  const asked = [ask("Resize.run", [process("Resize.run", told)])];
  expectTree(traced.traceOf("ask Album.make"), ask("Album.make", [process("Album.make", asked)]));
});

it("a failing call of a stateless type fails the spans of both sides", async () => {
  await refusalOf(system.ref(Resize).fail());
  expect(traced.named("process Resize.fail")).toHaveLength(1);
  const failed = [process("Resize.fail").failed("Error")];
  expectTree(traced.traceOf("ask Resize.fail"), ask("Resize.fail", failed).failed("Error"));
});
