import { type ActorError, type Delivery, type InboundStream, refusalText, type Segment } from "@actor-runtime/core";
import type { PartitionScope } from "./scope.js";

/** More messages of one outbox are not lost between two takeovers of its partition, and fewer µs do not lie between them. */
const longestDenseHole = 100_000;

/** O3: the stream of a segment, or why it is not taken. The sender hears of a refusal with the commit, once per segment. */
export function streamOf(
  { streams, services, partition, commits }: PartitionScope,
  { stream: name }: Segment,
  { frame }: Delivery,
): InboundStream | ActorError {
  const now = services.ports.clock.monotonic();
  const known = streams.find(name);
  if (known !== undefined) {
    streams.heard(known, now);
    return known;
  }
  const storeTime = services.time.now();
  const refusal = streams.refusal(name, storeTime);
  if (refusal === undefined) return streams.open(name, now);
  services.log.warn({ partition, stream: name, code: refusal.code }, refusal.message);
  services.ports.telemetry.count("stream.refused", 1, { code: refusal.code });
  const { replyTo } = frame.headers;
  if (replyTo !== undefined) {
    const { gathering } = commits;
    gathering.replies.push({ to: replyTo, text: refusalText({ stream: name, storeTime }) });
    gathering.mustWrite = true;
    commits.commitSoon();
  }
  return refusal;
}

/** O2: what is missing up to this number is not waited for any more. */
export function passHole(
  { commits, streams, partition, services }: PartitionScope,
  stream: InboundStream,
  upTo: number,
  cause: "rewound" | "unknown",
): void {
  const { log, ports } = services;
  for (const [from, to] of stream.passHoles(upTo)) {
    const { messages, atLeast } = holeSize(stream, from, to);
    ports.telemetry.count("stream.gap_messages", messages, { cause });
    log.error(
      { partition, stream: stream.name, from, to, messages, atLeast, cause },
      "messages are missing in a sender's stream; later ones go on, a late copy still counts",
    );
  }
  streams.passed(stream, ports.clock.monotonic());
  commits.gathering.touch(stream);
}

/**
 * How many messages a hole has. Numbers of an outbox jump to the time in µs with each takeover of their source (S2), so in a
 * big hole of one most were never given.
 */
function holeSize({ openedAt }: InboundStream, from: number, to: number): { messages: number; atLeast: boolean } {
  const numbers = to - from + 1;
  const atLeast = openedAt === undefined && numbers > longestDenseHole;
  return { messages: atLeast ? 1 : numbers, atLeast };
}
