import type { Standing } from "@actor-runtime/core";

/** What a worker has to do for one stateless type. */
export interface PoolLoad {
  readonly type: string;
  /** Calls that run. */
  readonly running: number;
  /** Messages that wait in the memory of the worker. */
  readonly waiting: number;
  /** Messages that wait for another attempt. */
  readonly retrying: number;
  readonly standing: Standing["kind"];
}
