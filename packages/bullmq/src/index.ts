/**
 * The Alarms port on BullMQ.
 *
 * # Layout
 *
 * Nothing yet: `bullmq-alarms.ts` comes with the adapter.
 */
export {};
