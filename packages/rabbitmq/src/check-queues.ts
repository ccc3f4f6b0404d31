import { type Mailbox, partitionsOf } from "@actor-runtime/core";
import type { Channel } from "amqplib";
import { replyCode, replyCodeOf } from "./channel-errors.js";
import type { Connection } from "./connection.js";
import type { Names } from "./names.js";
import { onThrowaway } from "./throwaway.js";
import type { Topology } from "./topology.js";

/**
 * Compares the queues of a mailbox with what a worker would declare, by declaring those again that exist, which changes nothing.
 *
 * @returns how many exist
 * @throws ConfigError naming the first that has other arguments, with the fix
 */
export async function checkQueues(
  connection: Connection,
  topology: Topology,
  names: Names,
  mailbox: Mailbox,
): Promise<number> {
  let existing = 0;
  for (const partition of partitionsOf(mailbox)) {
    existing += await onThrowaway(connection, async (channel) => {
      if (!(await exists(channel, names.partition(mailbox, partition)))) return 0;
      await topology.declarePartition(channel, mailbox, partition);
      return 1;
    });
  }
  return existing;
}

async function exists(channel: Channel, queue: string): Promise<boolean> {
  try {
    await channel.checkQueue(queue);
    return true;
  } catch (error) {
    if (replyCodeOf(error) === replyCode.notFound) return false;
    throw error;
  }
}
