import type { Broker, Span, SpanOptions, Telemetry } from "@actor-runtime/core";
import { type RecordedSpan, RecordingTelemetry } from "@actor-runtime/embedded";
import type { Ports } from "@actor-runtime/runtime";

/** What all processes of a cluster tell, together and for each of them. */
export class ClusterTelemetry {
  readonly all = new RecordingTelemetry();
  readonly #processes: ProcessTelemetry[] = [];

  /** Ports of a process whose telemetry this is. */
  join(ports: Ports): Ports {
    const telemetry = new ProcessTelemetry(this.all);
    this.#processes.push(telemetry);
    return { ...ports, telemetry, broker: closing(ports.broker, () => telemetry.closed()) };
  }

  /** Names of spans that a process had open when it was about to close. One that was killed may have any. */
  get leftOpen(): readonly string[] {
    return this.#processes.flatMap(({ leftOpen }) => leftOpen);
  }
}

/** Tells another one, and knows which spans are its own. */
class ProcessTelemetry implements Telemetry {
  readonly tracing = true;
  readonly measuring = true;
  readonly sampledOut: Span;
  readonly #all: RecordingTelemetry;
  readonly #spans: RecordedSpan[] = [];
  leftOpen: readonly string[] = [];

  constructor(all: RecordingTelemetry) {
    this.#all = all;
    this.sampledOut = all.sampledOut;
  }

  span(name: string, options: SpanOptions): Span {
    const { spans } = this.#all;
    const before = spans.length;
    const span = this.#all.span(name, options);
    this.#spans.push(...spans.slice(before));
    return span;
  }

  closed(): void {
    this.leftOpen = this.#spans.filter(({ ended }) => !ended).map(({ name }) => name);
  }

  count(...count: Parameters<Telemetry["count"]>): void {
    this.#all.count(...count);
  }

  counter(...counter: Parameters<Telemetry["counter"]>): (value: number) => void {
    return this.#all.counter(...counter);
  }

  histogram(...histogram: Parameters<Telemetry["histogram"]>): (value: number) => void {
    return this.#all.histogram(...histogram);
  }

  observe(...level: Parameters<Telemetry["observe"]>): () => void {
    return this.#all.observe(...level);
  }
}

/** The broker, which says when its process closes it. */
function closing(broker: Broker, closed: () => void): Broker {
  return new Proxy(broker, {
    get(_, key) {
      const member: unknown = Reflect.get(broker, key);
      if (typeof member !== "function") return member;
      return (...args: unknown[]): unknown => {
        if (key === "close") closed();
        return member.apply(broker, args);
      };
    },
  });
}
