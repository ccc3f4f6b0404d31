import { type Broker, frameBody, maxFrameBytes, maxFrameMessages } from "@actor-runtime/core";
import { soon } from "../soon.js";

/** Answers on their way, one frame per caller and moment, gathered over all partitions of the worker. */
export class ReplyBatch {
  readonly #broker: Broker;
  readonly #replies = new Map<string, string[]>();
  #scheduled = false;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  add(to: string, text: string): void {
    const texts = this.#replies.get(to);
    if (texts) texts.push(text);
    else this.#replies.set(to, [text]);
    if (this.#scheduled) return;
    this.#scheduled = true;
    soon(this.#flush);
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    for (const [to, texts] of this.#replies) this.#send(to, texts);
    this.#replies.clear();
  };

  /** In frames within the bounds of a micro-batch. */
  #send(to: string, texts: readonly string[]): void {
    let first = 0;
    let units = 0;
    for (let next = 0; next <= texts.length; next++) {
      const length = texts[next]?.length ?? 0;
      const full = next - first === maxFrameMessages || (next > first && units + length > maxFrameBytes);
      if (full || (next === texts.length && next > first)) {
        this.#broker.reply(to, frameBody(first === 0 && next === texts.length ? texts : texts.slice(first, next)));
        first = next;
        units = 0;
      }
      units += length;
    }
  }
}
