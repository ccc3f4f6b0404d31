import { type Span, silentSpan, type Telemetry } from "@actor-runtime/core";

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
