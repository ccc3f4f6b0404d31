import type { Logger } from "@actor-runtime/core";
import type { DiagLogger } from "@opentelemetry/api";

const silenceMs = 10 * 60_000;
const maxRemembered = 100;

/** The SDK's warnings and errors in our log: one that differs from an earlier one in its numbers alone is not said again for 10 minutes. */
export class QuietDiagnostics implements DiagLogger {
  readonly #logger: Pick<Logger, "warn">;
  readonly #saidAt = new Map<string, number>();

  constructor(logger: Pick<Logger, "warn">) {
    this.#logger = logger;
  }

  // The SDK's parts say their name first and then what is wrong.
  error(...words: unknown[]): void {
    this.#say(words.join(" "));
  }

  warn(...words: unknown[]): void {
    this.#say(words.join(" "));
  }

  info(): void {}

  debug(): void {}

  verbose(): void {}

  #say(message: string): void {
    const kind = message.replace(/\d+/g, "0");
    const now = performance.now();
    const saidAt = this.#saidAt.get(kind);
    if (saidAt !== undefined && now - saidAt < silenceMs) return;
    if (this.#saidAt.size >= maxRemembered) this.#saidAt.clear();
    this.#saidAt.set(kind, now);
    this.#logger.warn({ message }, "OpenTelemetry reports trouble");
  }
}
