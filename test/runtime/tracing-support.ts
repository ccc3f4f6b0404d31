import { RecordingTelemetry } from "@actor-runtime/embedded";
import type { AnyActor, LocalSystem, Ports, SystemOptions } from "@actor-runtime/runtime";
import { checkSpans } from "../otlp/check-spans.js";
import { recordedSpans } from "../otlp/recorded.js";
import type { TraceSpan } from "../otlp/trace-span.js";
import { Rig, watch } from "./support.js";

/** What an actor asks on its way out may go unanswered. */
const longestEndMs = 60_000;

interface HostOptions extends Omit<Partial<SystemOptions>, "ports" | "actors"> {
  readonly process?: string;
  readonly ports?: (ports: Ports) => Ports;
}

/** A world whose processes all tell one telemetry what they do. */
export class TracedRig {
  readonly rig = new Rig();
  readonly telemetry = new RecordingTelemetry();
  readonly #systems: LocalSystem[] = [];

  async host(
    actors: readonly AnyActor[],
    { ports = (given) => given, ...options }: HostOptions = {},
  ): Promise<LocalSystem> {
    const { telemetry } = this;
    const system = await this.rig.host(actors, { ...options, ports: (given) => ports({ ...given, telemetry }) });
    this.#systems.push(system);
    return system;
  }

  /** All spans so far; of one trace if it is given. */
  spans(trace?: string): readonly TraceSpan[] {
    return recordedSpans(this.telemetry).filter(({ traceId }) => trace === undefined || traceId === trace);
  }

  /** The spans of the trace that this span is in; of the first of the name. */
  traceOf(name: string): readonly TraceSpan[] {
    const [first] = this.named(name);
    if (!first) throw new Error(`no span is named ${name}`);
    return this.spans(first.traceId);
  }

  named(name: string): readonly TraceSpan[] {
    return this.spans().filter((span) => span.name === name);
  }

  /**
   * Closes everybody.
   *
   * @throws Error that names each span that is still open, or does not fit into its trace
   */
  async end(): Promise<void> {
    const closed = watch(Promise.all(this.#systems.map((system) => system.close({ drainTimeout: 0 }))));
    await this.rig.advance(longestEndMs);
    const complaints = [
      ...(closed.state === "resolved" ? [] : ["somebody does not close"]),
      ...this.telemetry.open.map(({ name }) => `${name} is open`),
      ...checkSpans(this.spans()).map(({ rule, span, detail }) => `${rule}: ${span}: ${detail}`),
    ];
    if (complaints.length > 0) throw new Error(complaints.join("\n"));
  }
}
