/**
 * # Layout
 *
 * - `redis-services`      connects, checks the server, and gives the four ports; `options`, `server`
 * - `redis-store`, `redis-leases`, `redis-lock-leases`, `redis-membership`   the ports
 * - `quorum-locks`        connects to several servers that keep locks together; `quorum-member` is one of them
 * - `quorum-lock-leases`  the port over them: `quorum-offers`, `quorum-session`, `ballot`, `merged-held`, `lock-server`
 * - `namespace-record`, `rewinds`, `store-clock`        what they share
 * - `change-feed`, `changes`  what members hear at once; `broken-locks` too; `inquiries`, `questions` what they are asked and say
 * - `scripts/`, `keys`    the Lua scripts and the keys they work on
 * - `commit-arguments`, `answers`, `outbox-chunks`      how a commit is written, `partition-image`, `hash-scan` how it is read
 * - `barrier`             waits for replicas and disks
 * - `client`, `connection`, `script`, `script-command`, `store-error`   ioredis
 */

export type { LockServer, Memory } from "./lock-server.js";
export type { Endpoint, RedisBarrier, RedisServicesOptions } from "./options.js";
export { QuorumLockLeases, type QuorumOptions } from "./quorum-lock-leases.js";
export { type LockServerDescription, QuorumLocks, type QuorumLocksOptions } from "./quorum-locks.js";
export { type RedisDescription, RedisServices } from "./redis-services.js";
export type { Server as RedisServer } from "./server.js";
