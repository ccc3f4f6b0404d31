/** Stops what was started; calling it again does nothing. */
export type Cancel = () => void;

/** Time, so that a whole cluster can run on time that is moved by hand. */
export interface Clock {
  /** Wall time in ms since 1970; may jump. */
  now(): number;
  /** Milliseconds that only rise; for leases and durations. */
  monotonic(): number;
  /** Runs `task` once, `ms` from now; never inside this call. A pending task does not keep the process alive. */
  after(ms: number, task: () => void): Cancel;
}
