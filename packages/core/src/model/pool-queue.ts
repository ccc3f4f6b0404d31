const prefix = "pool:";

/** A queue that all workers of a stateless type take from (`pool:Resize`), or one of them alone (`pool:Resize@worker-1`). */
export type PoolQueue = `${typeof prefix}${string}`;

/** @param worker whose own queue it is; without one it is the queue that all workers of the type share */
export function poolQueue(type: string, worker?: string): PoolQueue {
  return `${prefix}${type}${worker === undefined ? "" : `@${worker}`}`;
}

export function isPoolQueue(destination: string): destination is PoolQueue {
  return destination.startsWith(prefix);
}

/** Splits a queue's text form at the first `@`, which no type's name holds. */
export function parsePoolQueue(queue: PoolQueue): { readonly type: string; readonly worker?: string } {
  const name = queue.slice(prefix.length);
  const at = name.indexOf("@");
  return at < 0 ? { type: name } : { type: name.slice(0, at), worker: name.slice(at + 1) };
}
