import type { Destination, Frame } from "@actor-runtime/core";
import { type SentMessage, type TestDeadLetter, Traffic, type TrafficWatch } from "../traffic.js";

/** What passes through the brokers of many processes; frames are read when somebody looks, which most runs never do. */
export class TrafficLog implements TrafficWatch {
  readonly #traffic = new Traffic();
  #unread: { readonly to: Destination; readonly frame: Frame }[] = [];

  get sent(): readonly SentMessage[] {
    return this.#read().sent;
  }

  get deadLetters(): readonly TestDeadLetter[] {
    return this.#read().deadLetters;
  }

  published(to: Destination, frame: Frame): void {
    this.#unread.push({ to, frame });
  }

  replied(): void {}

  #read(): Traffic {
    for (const { to, frame } of this.#unread) this.#traffic.published(to, frame);
    this.#unread = [];
    return this.#traffic;
  }
}
