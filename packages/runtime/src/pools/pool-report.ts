import type { HandlerTime, Standing } from "@actor-runtime/core";

/** What a worker tells the others that host a stateless type. */
export interface PoolReport {
  /** How long its handlers take of late. */
  readonly times: readonly HandlerTime[];
  readonly standing: Standing["kind"];
}
