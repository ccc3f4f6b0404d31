import { createHash } from "node:crypto";
import { ActorError, type Delivery, messageBytes } from "@actor-runtime/core";
import { deadFrameText } from "./dead-letter.js";
import type { PartitionScope } from "./scope.js";
import { streamOf } from "./sender-streams.js";

/** O12: every number of an undecodable frame is applied, and the frame goes whole to the dead letters. */
export function buryFrame(scope: PartitionScope, delivery: Delivery, cause: unknown): void {
  const { commits, mailbox, outbox, partition, services } = scope;
  const { gathering } = commits;
  const { segments } = delivery.frame.headers;
  let fresh = segments.length === 0;
  for (const segment of segments) {
    const { first, count, after } = segment;
    const stream = streamOf(scope, segment, delivery);
    if (stream instanceof ActorError) {
      fresh = true;
      continue;
    }
    fresh = stream.bury(first, first + count - 1, after) || fresh;
    gathering.touch(stream);
  }
  if (fresh) {
    const first = segments[0];
    // Without a number its bytes are all that a redelivery has in common with it.
    const id = first ? `${first.stream}:${first.first}` : `${partition}:${digestOf(delivery.frame.body)}`;
    const text = deadFrameText(mailbox.name, id, delivery.frame, cause, services.time.now());
    gathering.out.push(outbox.draft(`dead:${mailbox.name}`, text, messageBytes(text)));
    gathering.tally.add(services.metrics.typeOf("").deadLetters);
    services.log.error({ partition, err: cause }, "a frame could not be decoded and went to the dead letters");
  }
  gathering.deliveries.push({ delivery, open: 1 });
  gathering.mustWrite = true;
  commits.commitSoon();
}

function digestOf(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("hex").slice(0, 16);
}
