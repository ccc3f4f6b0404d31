import type { Message } from "./message.js";

/** The version this build writes. Everyone reads it and the one below (delivery.md O13). */
export const wireVersion = 1;

/** Bounds of one micro-batch. */
export const maxFrameMessages = 512;
export const maxFrameBytes = 256 * 1024;
/** Bound of one message, checked at the sender before it takes a number. */
export const maxMessageBytes = 256 * 1024;

/**
 * A dense run of numbers of one stream inside a frame (delivery.md A.2).
 *
 * The numbered messages of the frame, in order, carry `first, first + 1, …` of the first segment, then those of the
 * second, and so on; queries and cancellations stand between them without a number.
 */
export interface Segment {
  readonly stream: string;
  readonly first: number;
  readonly count: number;
  /** The last number of the stream before `first` that its sender knows to be confirmed or that stands earlier in this frame; 0 = none. */
  readonly after: number;
  /** Every ask of this stream below this number has been answered to the sender, so its kept answer may go. */
  readonly settled: number;
}

/** What must be readable when the body is not: it settles the numbers of an undecodable frame (O12). */
export interface FrameHeaders {
  readonly v: number;
  readonly segments: readonly Segment[];
  /** Where the sender hears of a stream that was refused (`StreamRefusal`); absent when no segment is of its own stream. */
  readonly replyTo?: string;
  /** When its sender first published it (ms since 1970, the store's time as it knows it): how long messages wait. */
  readonly sentAt?: number;
}

/** One broker message: a micro-batch. The body is a JSON array of messages in UTF-8 (`model/message.ts`). */
export interface Frame {
  readonly headers: FrameHeaders;
  readonly body: Uint8Array;
  /** Size of the body where it is known without making it. */
  readonly bytes?: number;
  /**
   * The messages again, arguments parsed anew each time, on the way within one process: it saves making a body and parsing
   * it. What came over a network has none, and its body is parsed.
   */
  messages?(): Message[];
}
