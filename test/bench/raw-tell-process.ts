import { note } from "./note.js";
import { messageOf, start, stop } from "./own-process.js";
import { connectRaw, rawMessage, rawQueues } from "./raw-broker.js";

/**
 * Messages per second through plain amqplib: one persistent message per publish, confirms, acks, a quorum queue; from the first
 * publish to the last ack.
 *
 * argv: how many messages, actors, messages under way at once, senders, queues; `redis` for a Lua call per message
 */
const [messages, actors, concurrency, senders, count] = process.argv.slice(2, 7).map(Number) as [
  number,
  number,
  number,
  number,
  number,
];
const queues = rawQueues(count);
const consumer = start("raw-consumer-process.js", { args: [String(count), String(messages), process.argv[7] ?? ""] });
await messageOf(consumer);
const run = process.pid.toString(36);

const connections = await Promise.all(Array.from({ length: senders }, connectRaw));
const channels = await Promise.all(connections.map((connection) => connection.createConfirmChannel()));
const done = messageOf(consumer);
const began = performance.now();
await Promise.all(channels.map((_, sender) => send(sender)));
await done;
const seconds = (performance.now() - began) / 1_000;

for (const queue of queues) await channels[0]!.deleteQueue(queue);
await Promise.all(connections.map((connection) => connection.close()));
await stop(consumer);
process.send?.(messages / seconds);

/** Keeps its share under way, and waits for the socket when it is full, as amqplib asks to. */
function send(sender: number): Promise<void> {
  const channel = channels[sender]!;
  const share = Math.ceil(concurrency / senders);
  let [next, underWay, room] = [sender, 0, true];
  return new Promise((resolve, reject) => {
    const confirmed = (error: unknown): void => {
      underWay--;
      if (error) reject(error);
      else if (next >= messages && underWay === 0) resolve();
      else if (underWay < share / 2) fill();
    };
    const fill = (): void => {
      while (room && next < messages && underWay < share) {
        const n = next;
        next += senders;
        underWay++;
        const properties = { persistent: true, messageId: `${run}-${n}` };
        const body = rawMessage(`BenchTally/tally-${n % actors}`, note);
        room = channel.sendToQueue(queues[n % count]!, body, properties, confirmed);
      }
    };
    channel.on("drain", () => {
      room = true;
      fill();
    });
    fill();
  });
}
