import type { Cancel, Clock } from "@actor-runtime/core";

/** The most a Node timer can wait (2³¹ − 1 ms, about 24.8 days); a longer one would fire at once. */
const longestTimerMs = 2_147_483_647;

/** The machine's own time. Pending tasks do not keep the process alive. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  after(ms: number, task: () => void): Cancel {
    let timer: NodeJS.Timeout;
    const wait = (left: number): void => {
      timer =
        left > longestTimerMs ? setTimeout(() => wait(left - longestTimerMs), longestTimerMs) : setTimeout(task, left);
      timer.unref();
    };
    wait(ms);
    return () => clearTimeout(timer);
  }
}
