import { type Delivery, maxFrameBytes, maxMessageBytes } from "@actor-runtime/core";
import type { ConsumeMessage } from "amqplib";
import { decodeFrame } from "./frame-headers.js";

/**
 * No frame of ours is larger. A larger body was put into the queue by somebody else; it is cut, so that it is undecodable and
 * small enough to be buried: whole it would exceed what store and broker take, and block the mailbox for good.
 */
const maxBodyBytes = 2 * (maxFrameBytes + maxMessageBytes);

/** @returns the delivery, and whether it is one of ours to all appearance */
export function deliveredFrame({ content, fields, properties }: ConsumeMessage): { delivery: Delivery; ours: boolean } {
  const fits = content.length <= maxBodyBytes;
  const { headers, body, readable } = decodeFrame(
    properties.headers,
    fits ? content : content.subarray(0, maxBodyBytes),
  );
  const { deliveryTag: tag, redelivered } = fields;
  return { delivery: { tag, redelivered, frame: { headers, body } }, ours: fits && readable };
}
