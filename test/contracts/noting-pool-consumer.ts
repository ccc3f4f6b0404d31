import type { PoolConsumer, PoolDelivery } from "@actor-runtime/core";
import { bodyText } from "./samples.js";

/** Notes what it is given and acks nothing by itself. */
export class NotingPoolConsumer implements PoolConsumer {
  readonly deliveries: PoolDelivery[] = [];
  readonly losses: Error[] = [];
  onDeliver: ((delivery: PoolDelivery) => void) | undefined;

  deliver(delivery: PoolDelivery): void {
    this.deliveries.push(delivery);
    this.onDeliver?.(delivery);
  }

  lost(reason: Error): void {
    this.losses.push(reason);
  }

  get texts(): string[] {
    return this.deliveries.map(({ frame }) => bodyText(frame.body));
  }
}
