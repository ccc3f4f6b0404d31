import { writeSync } from "node:fs";
import { Session } from "node:inspector";
import { workerData } from "node:worker_threads";
import { exitCodes } from "./exit-codes.js";
import { layout } from "./watchdog-memory.js";

const { memory, limitMs } = workerData as { memory: SharedArrayBuffer; limitMs: number };
const beat = new Int32Array(memory, layout.beatAt, 1);
const checkMs = Math.min(1_000, limitMs / 4);

// Missed checks are counted, not time: after SIGSTOP or sleep both threads wake up together, and time says nothing.
let last = Atomics.load(beat, 0);
let missed = 0;
const timer = setInterval(() => {
  const now = Atomics.load(beat, 0);
  missed = now === last ? missed + 1 : 0;
  last = now;
  if (missed * checkMs <= limitMs) return;
  clearInterval(timer);
  endProcess();
}, checkMs);

function endProcess(): void {
  const length = new Int32Array(memory, layout.lengthAt, 1)[0]!;
  const address = Buffer.from(memory, layout.textAt, length).toString();
  const turn = address ? `; the turn started last is ${address}` : "";
  writeSync(
    2,
    `the event loop stood still for more than ${limitMs / 1_000} s${turn}. The worker ends, its partitions move on. ` +
      "Split long computations with await, or move them to a worker thread; --no-watchdog switches this off.\n",
  );
  // Only the main thread can set the exit code, and while it runs JavaScript only the inspector can make it.
  const session = new Session();
  session.connectToMainThread();
  session.post("Runtime.evaluate", { expression: `process.reallyExit(${exitCodes.stuck})` });
  // Inside a blocking native call even the inspector waits.
  setTimeout(() => process.kill(process.pid, "SIGKILL"), 1_000);
}
