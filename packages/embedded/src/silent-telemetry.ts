import type { Span, Telemetry } from "@actor-runtime/core";

const silentSpan: Span = {
  headers: undefined,
  event: () => {},
  run: (body) => body(),
  end: () => {},
};

/** Nobody listens: nothing is built, nothing is kept. */
export class SilentTelemetry implements Telemetry {
  readonly tracing = false;

  span(): Span {
    return silentSpan;
  }

  count(): void {}

  record(): void {}

  observe(): () => void {
    return () => {};
  }
}
