import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Telemetry } from "@actor-runtime/core";

/** How often the loop is asked whether it turns, in ms; what it measures includes this wait. */
const resolution = 10;

/**
 * Tells how late this process' event loop was since anybody last looked.
 *
 * @returns how to stop it
 */
export function observeEventLoop(telemetry: Telemetry): () => void {
  if (!telemetry.measuring) return () => {};
  const delays = monitorEventLoopDelay({ resolution });
  delays.enable();
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - resolution / 1e3);
  const stop = telemetry.observe("process.event_loop.delay", () => {
    const levels = [
      { value: late(delays.percentile(99)), labels: { stat: "p99" } },
      { value: late(delays.max), labels: { stat: "max" } },
    ];
    delays.reset();
    return levels;
  });
  return () => {
    stop();
    delays.disable();
  };
}
