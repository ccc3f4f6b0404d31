import { once } from "node:events";
import { connectRaw, rawQueue, rawQueues } from "./raw-broker.js";

/** Answers the calls of `raw-ask-process`: a quorum queue there, direct reply-to back. */
const [queue] = rawQueues(1) as [string];
const connection = await connectRaw();
const channel = await connection.createChannel();
await channel.assertQueue(queue, rawQueue);
await channel.prefetch(1_000);
let count = 0;
await channel.consume(queue, (message) => {
  if (!message) return;
  JSON.parse(message.content.toString());
  const { replyTo, correlationId } = message.properties as { replyTo: string; correlationId: string };
  channel.sendToQueue(replyTo, Buffer.from(JSON.stringify({ value: ++count })), { correlationId });
  channel.ack(message);
});
process.send?.("ready");
await once(process, "disconnect");
await connection.close();
