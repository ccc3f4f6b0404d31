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
  }

  @Query() length(): number {
    return this.text.length;
  }
}

await using system = await connect({ actors: [Idle], ...embedded });
const before = heapUsed();
await run((n) => system.ref(Idle, `idle-${n}`).fill(), count, concurrency);
// By the end of this round the answers of the first are reported as received; until then they are kept, and would count.
await run((n) => system.ref(Idle, `idle-${n}`).length(), count, concurrency);
const live = system.describe().types.find(({ name }) => name === "BenchIdle")?.activations;
if (live !== count) throw new Error(`${live} of ${count} actors are in memory: raise the bound on activations`);

// An upper bound: the embedded store shares this heap, and its copy of the state counts as well.
process.send?.((heapUsed() - before) / count);

function heapUsed(): number {
  if (!global.gc) throw new Error("run this with node --expose-gc");
  global.gc();
  return process.memoryUsage().heapUsed;
}
