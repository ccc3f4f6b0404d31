import { type Broker, frameBody, maxFrameMessages } from "@actor-runtime/core";
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
    for (const [to, texts] of this.#replies) {
      for (let i = 0; i < texts.length; i += maxFrameMessages) {
        this.#broker.reply(
          to,
          frameBody(i === 0 && texts.length <= maxFrameMessages ? texts : texts.slice(i, i + maxFrameMessages)),
        );
      }
    }
    this.#replies.clear();
  };
}
