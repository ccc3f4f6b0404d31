/** `npm start`: exits with 0 when every thumbnail was made. */
import { connect } from "actor-runtime";
import { load, type Outcome } from "./load.js";
import { Thumbnail, ThumbnailInTurn } from "./thumbnail.js";
import { WorkerProcess } from "./worker-process.js";

const namespace = process.env.ACTOR_NAMESPACE ?? "example-images";
const pace = { images: 200, everyMs: 10 };
const warmUp = { images: 40, everyMs: 10 };
const slowness = { w1: 1, w2: 1, w3: 10 };
const names = Object.keys(slowness);

// Reached by AMQP_URL and REDIS_URL; says so without them.
await using system = await connect({ namespace });
const workers = Object.entries(slowness).map(([id, times]) => new WorkerProcess(id, namespace, times));
try {
  await Promise.all(workers.map(({ ready }) => ready));
  console.log(`${pace.images} thumbnails, one every ${pace.everyMs} ms; w3 takes ten times as long as w1 and w2\n`);
  console.log(row("", [...names, "p50", "p99"]));
  const leastBusy = (image: string) => system.ref(Thumbnail).make(image);
  const inTurn = (image: string) => system.ref(ThumbnailInTurn).make(image);
  for (const [balance, make] of Object.entries({ "least-busy": leastBusy, "round-robin": inTurn })) {
    await load(make, warmUp);
    console.log(row(balance, columns(await load(make, pace))));
  }
} finally {
  await Promise.all(workers.map((worker) => worker.end()));
}

function columns({ byWorker, p50, p99 }: Outcome): string[] {
  return [...names.map((name) => String(byWorker.get(name) ?? 0)), milliseconds(p50), milliseconds(p99)];
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(12) + cells.map((cell) => cell.padStart(9)).join("");
}

function milliseconds(ms: number): string {
  return `${Math.round(ms)} ms`;
}
