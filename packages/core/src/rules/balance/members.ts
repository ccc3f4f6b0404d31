import type { PoolMember } from "./balancer.js";

/** Forgets the workers that have left. Looks at all of them only when there are more than members. */
export function forgetLeft(state: Map<string, unknown>, workers: readonly PoolMember[]): void {
  if (state.size <= workers.length) return;
  const members = new Set(workers.map(({ id }) => id));
  for (const id of state.keys()) {
    if (!members.has(id)) state.delete(id);
  }
}
