import { Actor, ActorContext, Handler, inject, Query, State } from "@actor-runtime/runtime";
import { expect, it } from "vitest";
import { z } from "zod";
import { TracedRig } from "./tracing-support.js";

let traced: TracedRig;

/** A span as a library would make one, in whatever runs now. */
function note(what: string): void {
  traced.telemetry.span(`note ${what}`, { kind: "internal" }).end();
}

@Actor("Diary", { partitions: 1 })
class Diary {
  private readonly self = inject(ActorContext);
  @State() private lines = 0;

  constructor() {
    note(`constructor of ${this.self.key}`);
  }
  async onActivate(): Promise<void> {
    await Promise.resolve();
    note(`onActivate of ${this.self.key}`);
  }
  onDeactivate(): void {
    note(`onDeactivate of ${this.self.key}`);
  }
  @Handler({
    input: z.string().refine((text) => {
      note(`schema of ${text}`);
      return true;
    }),
  })
  write(text: string): number {
    note(text);
    return ++this.lines;
  }
  @Handler({
    input: z.string().refine(async (text) => {
      await Promise.resolve();
      note(`schema of ${text}`);
      return true;
    }),
  })
  async copy(text: string): Promise<void> {
    await Promise.resolve();
    note(text);
  }
  @Handler() async correspond(other: string): Promise<void> {
    const friend = this.self.ref(Diary, other);
    friend.tell.write("told");
    await friend.write("asked");
    note("after an ask");
    await friend.read();
    note("after a query");
    queueMicrotask(() => note("left running"));
  }
  @Query() read(): number {
    note("query");
    return this.lines;
  }
  @Handler() leave(): void {
    this.self.deactivate();
  }
}

it("P11: the parent of a library's span is what runs it, wherever in an actor that is, and never another actor's turn", async () => {
  traced = new TracedRig();
  const system = await traced.host([Diary]);
  const [ann, bob, cleo] = [system.ref(Diary, "ann"), system.ref(Diary, "bob"), system.ref(Diary, "cleo")];
  const calls = [
    ann.correspond("bob"),
    bob.write("beside"),
    ann.copy("queued"),
    cleo.with({ delay: "5s" }).tell.write("delayed"),
    cleo.leave(),
  ];
  await traced.rig.advance(60_000);
  await Promise.all(calls);

  const spans = new Map(traced.telemetry.spans.map((span) => [span.ids.span_id, span]));
  const parents = traced.telemetry.spans.flatMap(({ name, parent = "" }) => {
    if (!name.startsWith("note ")) return [];
    const of = spans.get(parent);
    return [`${name.slice("note ".length)} in ${of?.name ?? "nothing"} ${String(of?.attributes["actor.key"])}`];
  });
  const hooks = (hook: string, span: string, ...keys: readonly string[]) =>
    keys.map((key) => `${hook} of ${key} in ${span} Diary ${key}`);
  expect(new Set(parents)).toEqual(
    new Set([
      ...hooks("constructor", "activate", "ann", "bob", "cleo"),
      ...hooks("onActivate", "activate", "ann", "bob", "cleo"),
      ...hooks("onDeactivate", "deactivate", "cleo"),
      ...["told", "asked", "beside", "delayed"].flatMap((text) => {
        const turn = `in process Diary.write ${text === "delayed" ? "cleo" : "bob"}`;
        return [`schema of ${text} ${turn}`, `${text} ${turn}`];
      }),
      "schema of queued in process Diary.copy ann",
      "queued in process Diary.copy ann",
      "after an ask in process Diary.correspond ann",
      "after a query in process Diary.correspond ann",
      "left running in process Diary.correspond ann",
      "query in process Diary.read bob",
    ]),
  );
  await traced.end();
});
