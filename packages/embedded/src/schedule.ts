/** How one hop across the "network" happens: runs the task soon, never inside the call. Default `queueMicrotask`. */
export type Schedule = (task: () => void) => void;
