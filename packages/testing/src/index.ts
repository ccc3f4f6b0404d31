/**
 * # Layout
 *
 * - `test-system`     what users get: an actor system on virtual time, with a look inside
 * - `virtual-system`  makes it, on the embedded world; `virtual-clock` is its time, `test-services` its container,
 *                     `traffic` what was sent
 * - `vitest`          the preset, an entry point of its own
 */
export type { Provided } from "./test-services.js";
export type { TestSystem, TestSystemOptions } from "./test-system.js";
export type { SentMessage, TestDeadLetter } from "./traffic.js";
export { testSystem } from "./virtual-system.js";
