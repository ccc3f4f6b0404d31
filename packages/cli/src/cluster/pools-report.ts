import type { ClusterDescription, NamedPool } from "@actor-runtime/runtime";

export interface PoolReport extends NamedPool {
  /** Ids of the workers that take its messages; none: what is told to it waits. */
  readonly hosts: readonly string[];
}

/** Every stateless type that was ever hosted, by name. */
export function poolsReport({ view, pools }: ClusterDescription): PoolReport[] {
  const ready = view.members.filter(({ state }) => state === "ready");
  return pools.map((pool) => ({
    ...pool,
    hosts: ready.flatMap(({ id, types }) => (types.includes(pool.name) ? id : [])),
  }));
}
