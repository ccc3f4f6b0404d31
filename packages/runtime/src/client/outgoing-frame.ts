import { type Frame, type FrameHeaders, frameBody, type Message } from "@actor-runtime/core";
import type { Outgoing } from "./outgoing.js";

/** What a frame takes of the messages in it. */
type Part = Pick<Outgoing, "text" | "bytes" | "message">;

/** A frame as its sender makes it: its body is made when an adapter sends it over a network, and not before. */
export class OutgoingFrame implements Frame {
  readonly headers: FrameHeaders;
  readonly bytes: number;
  readonly #parts: readonly Part[];
  #body: Uint8Array | undefined;

  constructor(headers: FrameHeaders, batch: readonly Part[]) {
    this.headers = headers;
    // The lane takes messages out of its batch; this frame stays as it was published.
    this.#parts = batch.slice();
    // Brackets and commas are one more than messages.
    this.bytes = batch.reduce((sum, { bytes }) => sum + bytes + 1, 1);
  }

  get body(): Uint8Array {
    return (this.#body ??= frameBody(this.#parts.map(({ text }) => text)));
  }

  messages(): Message[] {
    return this.#parts.map((part) => part.message?.() ?? (JSON.parse(part.text) as Message));
  }
}
