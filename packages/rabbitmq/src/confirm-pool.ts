import { type Destination, type Frame, hashKey, type PublishOutcome } from "@actor-runtime/core";
import type { ChannelModel } from "amqplib";
import type { ConnectionUser } from "./connection.js";
import type { Settings } from "./options.js";
import { PublishChannel } from "./publish-channel.js";
import { StoppableTime } from "./stoppable-time.js";

/** A quorum queue slows a channel with more than 32 unconfirmed messages, and one that loses a confirm takes its frames with it. */
const poolSize = 8;
/** The most a frame waits for a channel: long enough for a quick reconnect, and then its caller shall know. */
const channelWaitMs = 1_000;

/** Publishing with confirms on a few channels. */
export class ConfirmPool implements ConnectionUser {
  readonly #settings: Settings;
  readonly #lane: (to: Destination) => number;
  readonly #time: StoppableTime;
  readonly #channels: readonly PublishChannel[];
  readonly #channelWaitMs: number;
  readonly #sweepMs: number;
  #sweeping = false;

  /**
   * @param lane chooses the channel, by a number. By default a destination always uses the same one while it lives, so that what
   * one process sends to one destination never travels on two at a time
   */
  constructor(settings: Settings, lane: (to: Destination) => number = hashKey) {
    const { clock, confirmTimeoutMs, log, names } = settings;
    this.#settings = settings;
    this.#lane = lane;
    this.#time = new StoppableTime(clock);
    this.#channels = Array.from({ length: poolSize }, () => new PublishChannel(names.exchange, log));
    this.#channelWaitMs = Math.min(channelWaitMs, confirmTimeoutMs);
    this.#sweepMs = Math.max(1, this.#channelWaitMs / 4);
  }

  publish(to: Destination, frame: Frame): Promise<PublishOutcome> {
    return new Promise((settle) => {
      this.#channels[this.#lane(to) % poolSize]!.publish({ to, frame, settle, since: this.#time.now, returned: false });
      this.#sweepLater();
    });
  }

  connected(model: ChannelModel): void {
    this.#time.go();
    for (const channel of this.#channels) channel.connected(model);
  }

  disconnected(): void {
    this.#time.go();
    for (const channel of this.#channels) channel.disconnected();
  }

  /** S4: no confirm comes while the connection is blocked, so its time does not count. */
  blocked(on: boolean): void {
    if (on) this.#time.stop();
    else this.#time.go();
  }

  close(): void {
    for (const channel of this.#channels) channel.close();
  }

  /** One timer for all that is open, and none while nothing is. */
  #sweepLater(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#settings.clock.after(this.#sweepMs, this.#sweep);
  }

  readonly #sweep = (): void => {
    this.#sweeping = false;
    const { confirmTimeoutMs, log, telemetry } = this.#settings;
    const { now } = this.#time;
    for (const channel of this.#channels) {
      channel.expireWaiting(now - this.#channelWaitMs);
      if (!channel.expireUnconfirmed(now - confirmTimeoutMs)) continue;
      telemetry.count("broker.confirm_timeouts", 1);
      log.warn(
        { confirmTimeoutMs },
        "RabbitMQ did not confirm in time; the channel is closed and its frames come again",
      );
    }
    if (this.#channels.some(({ idle }) => !idle)) this.#sweepLater();
  };
}
