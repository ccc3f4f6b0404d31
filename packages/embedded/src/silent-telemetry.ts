import type { Span, Telemetry } from "@actor-runtime/core";

const silentSpan: Span = {
  recording: false,
  headers: {},
  ids: undefined,
  set: () => {},
  event: () => {},
  run: (body) => body(),
  end: () => {},
  fail: () => {},
};
const ignore = () => {};

/** Nobody listens: nothing is built, nothing is kept. */
export class SilentTelemetry implements Telemetry {
  readonly tracing = false;
  readonly measuring = false;
  readonly sampledOut = silentSpan;

  span(): Span {
    return silentSpan;
  }

  count(): void {}

  counter(): () => void {
    return ignore;
  }

  histogram(): () => void {
    return ignore;
  }

  observe(): () => void {
    return ignore;
  }
}
