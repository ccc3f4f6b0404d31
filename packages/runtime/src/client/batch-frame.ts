import { type Frame, type Segment, wireVersion } from "@actor-runtime/core";
import type { OutboxNumber, Outgoing } from "./outgoing.js";
import { OutgoingFrame } from "./outgoing-frame.js";

export function isOutbox(source: Outgoing["source"]): source is OutboxNumber {
  return typeof source === "object";
}

/**
 * The frame of a batch whose numbers are taken: one segment per dense run of one stream (delivery.md A.2).
 *
 * @param replyTo where this process hears of its own stream being refused
 * @param sentAt when the batch is, or was, published first, in ms since 1970 by the store's time
 */
export function batchFrame(batch: readonly Outgoing[], replyTo: string, sentAt: number): Frame {
  const segments: Segment[] = [];
  /** Last number of each stream in this frame. */
  let last: { stream: string; number: number } | undefined;
  let lasts: Map<string, number> | undefined;
  let run: { stream: string; first: number; count: number; after: number; settled: number } | undefined;
  let own = false;
  for (const { source, stream: ownStream, number } of batch) {
    if (source === undefined) continue;
    const stream = isOutbox(source) ? source.stream : ownStream!.name;
    if (run !== undefined && run.stream === stream && run.first + run.count === number) {
      run.count++;
    } else {
      if (run !== undefined && run.stream !== stream) {
        // A second stream in one frame is rare: only then are the last numbers kept by name.
        lasts ??= new Map();
        lasts.set(run.stream, run.first + run.count - 1);
      }
      const earlier = last?.stream === stream ? last.number : lasts?.get(stream);
      if (isOutbox(source)) {
        run = { stream, first: number, count: 1, after: earlier ?? source.prev, settled: 0 };
      } else {
        own = true;
        run = { stream, first: number, count: 1, after: earlier ?? ownStream!.confirmed, settled: ownStream!.settled };
      }
      segments.push(run);
    }
    last = { stream, number };
  }
  const headers = { v: wireVersion, segments, sentAt };
  return new OutgoingFrame(own ? { ...headers, replyTo } : headers, batch);
}
