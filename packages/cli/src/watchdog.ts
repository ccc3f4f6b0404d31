import { url as inspectorUrl } from "node:inspector";
import { Worker } from "node:worker_threads";
import type { Watchdog } from "@actor-runtime/runtime";
import { layout } from "./watchdog-memory.js";

/** How often the event loop shows that it turns. */
const beatMs = 500;

/**
 * Watches the event loop from a thread of its own. When the loop has stood still for longer than `limitMs`, this process
 * has lost its partitions' leases without noticing: the thread prints the running turn and ends the process with 70.
 *
 * @returns `undefined` while a debugger is attached, whose breakpoints stop the loop on purpose
 */
export function startWatchdog(limitMs: number): Watchdog | undefined {
  if (inspectorUrl()) return undefined;
  const memory = new SharedArrayBuffer(layout.bytes);
  const beat = new Int32Array(memory, layout.beatAt, 1);
  const length = new Int32Array(memory, layout.lengthAt, 1);
  const text = new Uint8Array(memory, layout.textAt);
  const encoder = new TextEncoder();
  const thread = new Worker(new URL("./watchdog-thread.js", import.meta.url), {
    workerData: { memory, limitMs },
    // Loaders and preloads of the process are not for this thread.
    execArgv: [],
  });
  thread.unref();
  const timer = setInterval(() => Atomics.add(beat, 0, 1), beatMs);
  timer.unref();
  return {
    // Plain writes: the thread reads them only when this thread has long stopped writing.
    running(address) {
      length[0] = encoder.encodeInto(address, text).written;
    },
    close() {
      clearInterval(timer);
      void thread.terminate();
    },
  };
}
