/**
 * # Layout
 *
 * - `embedded-world`      the world that processes connect to, and its faults
 * - `embedded-*`          one process's connection to each port: broker, pools, store, leases,
 *                         locks, membership, alarms
 * - `*-memory`, `disk`    what the connections share; `partition-queue`, `partition-record` and `lease-record` are
 *                         one partition of it, `competing-queue` is one pool; `question` is one to its members
 * - `fifo`, `queue-channel`  what queues of both kinds consist of
 * - `link`, `schedule`    how a call crosses from a process to the world
 * - `manual-clock`, `system-clock`, `timer-heap`        time
 * - `seeded-random`, `system-random`, `hex-id`          chance
 * - `recording-telemetry`, `silent-telemetry`           telemetry
 */
export { EmbeddedAlarms } from "./embedded-alarms.js";
export { EmbeddedBroker } from "./embedded-broker.js";
export { EmbeddedLeases } from "./embedded-leases.js";
export { EmbeddedLockLeases } from "./embedded-lock-leases.js";
export { EmbeddedMembership } from "./embedded-membership.js";
export { EmbeddedPools } from "./embedded-pools.js";
export { EmbeddedStore } from "./embedded-store.js";
export { type Connection, type ConnectOptions, EmbeddedWorld, type Half, type WorldOptions } from "./embedded-world.js";
export type { Path } from "./link.js";
export { ManualClock } from "./manual-clock.js";
export { type Measurement, type RecordedSpan, RecordingTelemetry } from "./recording-telemetry.js";
export { eventLoopHops, type Schedule } from "./schedule.js";
export { SeededRandom } from "./seeded-random.js";
export { SilentTelemetry } from "./silent-telemetry.js";
export type { StoreMemory, StoreSnapshot } from "./store-memory.js";
export { SystemClock } from "./system-clock.js";
export { SystemRandom } from "./system-random.js";
