/** A call that a process made, or a delivery that it got. */
export interface TracedCall {
  /** Time since the start of the cluster, in ms. */
  readonly atMs: number;
  /** Name of the worker or client. */
  readonly process: string;
  /** For example `store.commit`, `broker.publish`, `deliver`. */
  readonly call: string;
  readonly args: readonly unknown[];
}
