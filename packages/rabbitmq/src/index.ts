/**
 * # Layout
 *
 * - `rabbit-broker.ts`        the `Broker` port, put together from what follows
 * - `options.ts`, `names.ts`  options normalised once; what queues and exchanges are called
 * - `dial.ts`, `connection.ts`  one connection to one of the servers; a connection that comes back
 * - `topology.ts`             queues and their arguments, and what to do when they differ
 * - `confirm-pool.ts`, `publish-channel.ts`, `confirming.ts`, `stoppable-time.ts`  publishing with confirms
 * - `consumers.ts`, `partition-channel.ts`, `delivered-frame.ts`  consuming partitions
 * - `reply-inbox.ts`, `reply-sender.ts`  answers, in and out
 * - `dead-letters.ts`         reading and taking dead letters
 * - `frame-headers.ts`        what of a frame travels in AMQP headers
 * - `end-channel.ts`, `channel-errors.ts`, `instruments.ts`
 */
export type { RabbitOptions, RabbitTls } from "./options.js";
export { RabbitBroker, type ServerProperties } from "./rabbit-broker.js";
