/** A timer as its actor and its turn see it (`actor-timer.ts`). */
export interface InstanceTimer {
  /** It ticks no more. */
  readonly over: boolean;
  /** What its turn did counts now. */
  start(): void;
  cancel(): void;
}
