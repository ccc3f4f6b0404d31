/**
 * # Layout
 *
 * - `test-system`     what users get: an actor system on virtual time, with a look inside
 * - `virtual-system`  makes it, on the embedded world; `virtual-clock` is its time, `test-services` its container,
 *                     `traffic` what was sent
 * - `cluster/`        several workers: `test-cluster` is what users get; `virtual-cluster` makes it of `programs`, each code
 *                     in a `process` with a `process-clock` and `wire`s of some `latency`; `timeline` moves time, until the
 *                     cluster is at `rest`
 * - `vitest`          the preset, an entry point of its own
 */
export type { Latency } from "./cluster/latency.js";
export type {
  ProcessState,
  TestCluster,
  TestClusterOptions,
  TestWorker,
  WorkerOptions,
} from "./cluster/test-cluster.js";
export type { TracedCall } from "./cluster/traced.js";
export { testCluster } from "./cluster/virtual-cluster.js";
export type { Provided } from "./test-services.js";
export type { TestSystem, TestSystemOptions } from "./test-system.js";
export type { SentMessage, TestDeadLetter } from "./traffic.js";
export { testSystem } from "./virtual-system.js";
