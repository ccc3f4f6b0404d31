/** How one hop across the "network" happens: runs the task soon, never inside the call. */
export type Schedule = (task: () => void) => void;

/**
 * Hops by way of the event loop, all that are waiting in one go. Calls within one process would otherwise follow each other
 * in microtasks alone, and under constant load no timer and no socket of the program would ever get its turn.
 */
export function eventLoopHops(): Schedule {
  let waiting: (() => void)[] = [];
  const run = (): void => {
    const tasks = waiting;
    waiting = [];
    for (const task of tasks) task();
  };
  return (task) => {
    if (waiting.length === 0) setImmediate(run);
    waiting.push(task);
  };
}
