/** A worker that calls can be sent to. */
export interface PoolMember {
  readonly id: string;
  /** Its share relative to others; 0: it gets nothing for now. Only the order `weighted` looks at more than that. */
  readonly weight: number;
}

/**
 * How a call ended:
 *
 * - `ok`: the handler was run, and answered or threw. What it throws says nothing about its worker.
 * - `failed`: an error of the infrastructure, or nobody answered within the caller's time.
 * - `lost`: the worker is gone, or never had the call.
 */
export type CallEnding = "ok" | "failed" | "lost";

/**
 * Picks the worker for each call of one sender. All state is kept per worker and is forgotten when the worker is no longer among
 * those to pick from. Times are ms of a clock that never goes back.
 */
export interface Balancer {
  /**
   * @param workers all workers of the pool; those that are out for now have weight 0
   * @param random a number in [0, 1)
   * @returns the id of one whose weight is above 0; `undefined`: there is none
   */
  pick(workers: readonly PoolMember[], now: number, random: () => number): string | undefined;
  /** A call was sent to the worker. */
  sent(worker: string, now: number): void;
  /** A call sent to the worker has ended. `latencyMs`: how long it took, or how long the caller waited; `undefined`: unknown. */
  ended(worker: string, latencyMs: number | undefined, ending: CallEnding, now: number): void;
}
