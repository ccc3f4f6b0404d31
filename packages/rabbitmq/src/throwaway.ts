import type { Channel } from "amqplib";
import { operationError, reasonOf } from "./channel-errors.js";
import type { Connection } from "./connection.js";
import { endChannel } from "./end-channel.js";

/** Does something on a channel of its own: whatever the broker refuses closes it, and must take nothing else along. */
export async function onThrowaway<T>(connection: Connection, work: (channel: Channel) => Promise<T>): Promise<T> {
  try {
    const channel = await connection.model.createChannel();
    reasonOf(channel);
    try {
      return await work(channel);
    } finally {
      await endChannel(channel);
    }
  } catch (error) {
    throw operationError("RabbitMQ did not do it", error);
  }
}
