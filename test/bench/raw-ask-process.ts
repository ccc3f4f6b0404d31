import { keys, pick } from "./counters.js";
import { latency } from "./latency.js";
import { note } from "./note.js";
import { messageOf, start, stop } from "./own-process.js";
import { connectRaw, rawMessage, rawQueues } from "./raw-broker.js";
import { callsPerSecond } from "./throughput.js";

/** Request and reply by plain amqplib, as its tutorial does. argv: concurrency; at 1 the median in ms, else calls per second */
const concurrency = Number(process.argv[2]);
const server = start("raw-server-process.js");
await messageOf(server);

const [queue] = rawQueues(1) as [string];
const replyTo = "amq.rabbitmq.reply-to";
const connection = await connectRaw();
const channel = await connection.createChannel();
const waiting = new Map<string, (reply: unknown) => void>();
await channel.consume(
  replyTo,
  (message) => {
    if (!message) return;
    const id = message.properties.correlationId as string;
    waiting.get(id)?.(JSON.parse(message.content.toString()));
    waiting.delete(id);
  },
  { noAck: true },
);

let calls = 0;
function call(n: number): Promise<unknown> {
  const correlationId = String(++calls);
  const answer = new Promise((resolve) => waiting.set(correlationId, resolve));
  const body = rawMessage(`BenchTally/${pick(keys, n)}`, note);
  channel.sendToQueue(queue, body, { persistent: true, replyTo, correlationId });
  return answer;
}

const figure =
  concurrency === 1
    ? await latency(call)
    : await callsPerSecond(call, { concurrency, forMs: 3_000, now: () => performance.now() });
await channel.deleteQueue(queue);
await connection.close();
await stop(server);
process.send?.(figure);
