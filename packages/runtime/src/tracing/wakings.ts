import { attributes, messageBytes, type Span, type TraceHeaders } from "@actor-runtime/core";
import type { Tracing } from "./tracing.js";

/** An actor on its way into memory. */
interface Waking {
  readonly address: string;
  readonly hosted: { readonly definition: { readonly name: string } };
  readonly head: { readonly message: { readonly trace?: TraceHeaders | undefined } } | undefined;
}

/** The spans of the actors of a partition that are coming to life. */
export class Wakings {
  readonly #tracing: Tracing;
  readonly #spans = new Map<Waking, Span>();
  readonly #loads = new Map<Waking, Span>();

  constructor(tracing: Tracing) {
    this.#tracing = tracing;
  }

  /** Its state is being read, for a message with these headers. */
  load(waking: Waking, trace: TraceHeaders | undefined): void {
    if (this.#tracing.on) this.#loads.set(waking, this.#tracing.part("state.load", this.#begin(waking, trace)));
  }

  /** Nothing of it need be read for the message with these headers. */
  begin(waking: Waking, trace: TraceHeaders | undefined): void {
    if (this.#tracing.on) this.#begin(waking, trace);
  }

  /** @param text its state; `undefined`: it has none */
  loaded(waking: Waking, text: string | undefined): void {
    const span = this.#loads.get(waking);
    if (span === undefined) return;
    this.#loads.delete(waking);
    if (span.recording) span.set(attributes.stateBytes, text === undefined ? 0 : messageBytes(text));
    span.end();
  }

  /** It is being made; what it runs, runs in this span. `undefined`: nobody traces. */
  make(waking: Waking): Span | undefined {
    if (!this.#tracing.on) return undefined;
    return this.#spans.get(waking) ?? this.#begin(waking, waking.head?.message.trace);
  }

  /** It lives, or could not. */
  end(waking: Waking, error?: unknown): void {
    const span = this.#spans.get(waking);
    if (span === undefined) return;
    this.#spans.delete(waking);
    this.#tracing.end(span, error);
  }

  /** The partition is given up. */
  close(reason: Error): void {
    for (const span of [...this.#loads.values(), ...this.#spans.values()]) this.#tracing.fail(span, reason);
    this.#loads.clear();
    this.#spans.clear();
  }

  #begin(waking: Waking, trace: TraceHeaders | undefined): Span {
    const span = this.#tracing.activate(waking.hosted.definition.name, waking.address, trace);
    this.#spans.set(waking, span);
    return span;
  }
}
