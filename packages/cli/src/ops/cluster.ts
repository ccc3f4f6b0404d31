import type { ActorSystem } from "@actor-runtime/runtime";

/** `GET /api/cluster`: who is alive, who should own which partition, and who does; `null` in a list is nobody. */
export async function showCluster(system: Pick<ActorSystem, "cluster" | "describe">): Promise<Response> {
  const { namespace, transport } = system.describe();
  return Response.json({ namespace, transport, ...(await system.cluster.describe()) });
}
