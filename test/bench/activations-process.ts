import { Actor, ActorContext, connect, Handler, inject, Query, State } from "actor-runtime";
import { embedded } from "./embedded.js";
import { run } from "./throughput.js";

const count = 100_000;
const concurrency = 256;

@Actor("BenchIdle", { idleAfter: "1h" })
class Idle {
  private readonly self = inject(ActorContext);
  @State() private text = "";

  @Handler() fill(): void {
    // 100 bytes as stored: {"text":"…"}
    this.text = this.self.key.padEnd(89, ".");
    this.self.deactivate();
  }

  @Query() length(): number {
    return this.text.length;
  }
}

await using system = await connect({ actors: [Idle], ...embedded });
const ref = (n: number) => system.ref(Idle, `idle-${n}`);
const live = () => system.describe().types.find(({ name }) => name === "BenchIdle")?.activations ?? 0;

// The embedded store shares this heap. It is filled first, so that the difference is the activations and nothing else.
await run((n) => ref(n).fill(), count, concurrency);
if (live() > 0) throw new Error(`${live()} actors are still in memory`);
const before = heapUsed();
await run((n) => ref(n).length(), count, concurrency);
if (live() !== count) throw new Error(`${live()} of ${count} actors are in memory: raise the bound on activations`);
process.send?.((heapUsed() - before) / count);

function heapUsed(): number {
  if (!global.gc) throw new Error("run this with node --expose-gc");
  global.gc();
  return process.memoryUsage().heapUsed;
}
