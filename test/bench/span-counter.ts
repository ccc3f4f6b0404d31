import type { ChildProcess } from "node:child_process";
import { messageOf, start, stop } from "./own-process.js";

/** An OTLP receiver in a process of its own that counts the spans it gets. */
export class SpanCounter implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #url: string;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.#url = url;
  }

  static async start(): Promise<SpanCounter> {
    const process = start("span-counter-process.js");
    return new SpanCounter(process, (await messageOf(process)) as string);
  }

  /** Has processes trace every message and export it here, as OpenTelemetry does by default. */
  get env(): NodeJS.ProcessEnv {
    return {
      OTEL_SDK_DISABLED: "false",
      OTEL_TRACES_EXPORTER: "otlp",
      OTEL_METRICS_EXPORTER: "none",
      OTEL_LOGS_EXPORTER: "none",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
      OTEL_EXPORTER_OTLP_ENDPOINT: this.#url,
      OTEL_TRACES_SAMPLER: "parentbased_always_on",
    };
  }

  /** How many spans arrived so far, by name. */
  async count(): Promise<Readonly<Record<string, number>>> {
    this.#process.send("count");
    return (await messageOf(this.#process)) as Record<string, number>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stop(this.#process);
  }
}
