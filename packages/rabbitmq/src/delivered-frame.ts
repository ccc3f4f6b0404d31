import { type Delivery, maxFrameBytes, maxMessageBytes } from "@actor-runtime/core";
import type { ConsumeMessage } from "amqplib";
import { decodeFrame } from "./frame-headers.js";
import type { Settings } from "./options.js";

/**
 * No frame of ours is larger. A larger body was put into the queue by somebody else; it is cut, so that it is undecodable and
 * small enough to be buried: whole it would exceed what store and broker take, and block the mailbox for good.
 */
const maxBodyBytes = 2 * (maxFrameBytes + maxMessageBytes);

/** What came, counted when it is none of ours to all appearance. */
export function deliveredFrame({ telemetry }: Settings, { content, fields, properties }: ConsumeMessage): Delivery {
  const fits = content.length <= maxBodyBytes;
  const { headers, body, readable } = decodeFrame(
    properties.headers,
    fits ? content : content.subarray(0, maxBodyBytes),
  );
  if (!fits || !readable) telemetry.count("broker.foreign_frames", 1);
  const { deliveryTag: tag, redelivered } = fields;
  return { tag, redelivered, frame: { headers, body } };
}
