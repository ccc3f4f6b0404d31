import { RecordingTelemetry } from "@actor-runtime/embedded";
import { expect, it, vi } from "vitest";
import { observeEventLoop } from "./event-loop-delay.js";

it("a blocked event loop shows in the next look, and only there", async () => {
  const telemetry = new RecordingTelemetry();
  const stop = observeEventLoop(telemetry);
  const look = () =>
    Object.fromEntries(telemetry.levels("process.event_loop.delay").map((l) => [l.labels["stat"], l.value]));
  // A look takes a moment until the loop is asked again.
  await vi.waitFor(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const until = performance.now() + 200;
    while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { p99, max } = look();
    expect(max).toBeGreaterThan(0.15);
    expect(max).toBeLessThan(10);
    expect(p99).toBeLessThanOrEqual(max);
  });
  await vi.waitFor(() => expect(look()["max"]).toBeLessThan(0.15));
  stop();
  expect(telemetry.levels("process.event_loop.delay")).toEqual([]);
});
