import type { Channel } from "amqplib";

/**
 * Closes a channel and waits until the broker has closed it, or the connection has ended: amqplib's own promise never
 * settles then. Never cancel: only a close returns unacked messages in their order, and before the next consumer is served.
 */
export function endChannel(channel: Channel): Promise<void> {
  return new Promise((resolve) => {
    channel.once("close", resolve);
    channel.close().then(resolve, () => resolve());
  });
}
