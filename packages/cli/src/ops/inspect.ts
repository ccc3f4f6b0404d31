import { formatAddress, toWire } from "@actor-runtime/core";
import type { ActorInspection, Cluster, TypeInspection } from "@actor-runtime/runtime";
import { type InspectedCluster, inspectedCluster } from "../cluster/inspected-cluster.js";

/** `GET /api/inspect`: what every worker has to do. */
export async function inspectCluster(cluster: Cluster): Promise<InspectedCluster> {
  const [description, inspection] = await Promise.all([cluster.describe(), cluster.inspect()]);
  return inspectedCluster(description, inspection);
}

/** `GET /api/inspect/<Type>`: what the workers that host it have to do for it. */
export function inspectType(cluster: Cluster, type: string): Promise<TypeInspection> {
  return cluster.inspectType(type);
}

/** `GET /api/inspect/<Type>/<key>?state=1`: what an actor does and waits for; its state in wire form, and only on request. */
export async function inspectActor(
  cluster: Cluster,
  type: string,
  key: string,
  withState: boolean,
): Promise<ActorInspection> {
  const { state, ...inspection } = await cluster.inspectActor(formatAddress(type, key), { state: withState });
  return state
    ? { ...inspection, state: toWire(state, "state") as typeof state }
    : { ...inspection, ...(state === null && { state }) };
}
