import type { Consumer, Delivery } from "@actor-runtime/core";
import { bodyText } from "./samples.js";

/** Notes what it is given and acks nothing by itself. */
export class NotingConsumer implements Consumer {
  readonly deliveries: Delivery[] = [];
  readonly losses: Error[] = [];

  deliver(delivery: Delivery): void {
    this.deliveries.push(delivery);
  }

  lost(reason: Error): void {
    this.losses.push(reason);
  }

  get texts(): string[] {
    return this.deliveries.map(({ frame }) => bodyText(frame.body));
  }

  tag(text: string): number {
    return this.deliveries[this.texts.indexOf(text)]!.tag;
  }
}
