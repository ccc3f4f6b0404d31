import { RecordingTelemetry } from "@actor-runtime/embedded";
import type { AnyActor, LocalSystem, Ports, SystemOptions } from "@actor-runtime/runtime";
import { expect } from "vitest";
import { checkSpans, type Finding } from "../otlp/check-spans.js";
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

  /** Closes everybody; then no span is left open, and all of them are good apart from what is expected. */
  async end(expected: readonly Partial<Finding>[] = []): Promise<void> {
    const closed = watch(Promise.all(this.#systems.map((system) => system.close({ drainTimeout: 0 }))));
    await this.rig.advance(longestEndMs);
    expect(closed.state).toBe("resolved");
    expect(this.telemetry.open.map(({ name }) => name)).toEqual([]);
    expect(checkSpans(this.spans())).toEqual(expected.map((finding) => expect.objectContaining(finding)));
  }
}
