/**
 * The Alarms port on BullMQ.
 *
 * # Layout
 *
 * - `bullmq-alarms`   the port, put together from what follows
 * - `options`, `names`, `entry`   options normalised once; what the queue is called; what an alarm is to BullMQ
 * - `alarm-queue`     where alarms are set, cancelled and counted
 * - `alarm-listener`, `alarm-worker`   keeps a worker of BullMQ at work; one such worker
 * - `alarm-backend`   the connections that it lives on
 * - `connect`         ioredis
 */

export type { QueueDepth } from "./alarm-queue.js";
export { BullmqAlarms } from "./bullmq-alarms.js";
export type { BullmqAlarmsOptions } from "./options.js";
