import amqp, { type ChannelModel } from "amqplib";

/** What the baselines share: plain amqplib as its documentation shows it, with `noDelay`, which alone is worth 40 ms a call. */
export function connectRaw(): Promise<ChannelModel> {
  return amqp.connect(process.env.AMQP_URL!, { noDelay: true });
}

export const rawQueue = { durable: true, arguments: { "x-queue-type": "quorum" } };

/** Names of the queues, a namespace of their own each run. */
export function rawQueues(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `actor.${process.env.ACTOR_NAMESPACE}.raw.${n}`);
}

/** One message as a team would write it by hand. */
export function rawMessage(to: string, note: string): Buffer {
  return Buffer.from(JSON.stringify({ to, handler: "add", args: [note] }));
}
