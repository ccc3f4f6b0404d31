/**
 * # Layout
 *
 * - `rabbit-broker.ts`        the `Broker` port, put together from what follows
 * - `options.ts`, `names.ts`  options normalised once; what queues and exchanges are called
 * - `dial.ts`, `connection.ts`  one connection to one of the servers; a connection that comes back
 * - `topology.ts`, `check-queues.ts`  queues and their arguments, and what to do when they differ
 * - `confirm-pool.ts`, `publish-channel.ts`, `confirming.ts`, `stoppable-time.ts`  publishing with confirms
 * - `consumers.ts`, `inflow.ts`, `delivered-frame.ts`  consuming, over as many connections as it needs
 * - `partition-channel.ts`, `settled-tags.ts`, `ack-rounds.ts`  consuming partitions
 * - `rabbit-pools.ts`, `pool-consumer-channel.ts`  the `Pools` port, on the same connections
 * - `reply-inbox.ts`, `reply-sender.ts`  answers, in and out
 * - `dead-queues.ts`, `dead-letters.ts`  sending dead letters; reading and taking them
 * - `frame-headers.ts`        what of a frame travels in AMQP headers
 * - `gather-writes.ts`        fewer system calls
 * - `throwaway.ts`, `end-channel.ts`, `within.ts`, `channel-errors.ts`  what the others share
 */
export { Names } from "./names.js";
export type { RabbitOptions, RabbitTls } from "./options.js";
export { RabbitBroker, type ServerProperties } from "./rabbit-broker.js";
