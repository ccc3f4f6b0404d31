import { eventually } from "../../contracts/samples.js";
import { RedisServer } from "./redis-server.js";

const slots = 16_384;

/** A Redis Cluster of masters that share the slots evenly. */
export async function startCluster(masters = 3): Promise<RedisServer[]> {
  const settings = { "cluster-enabled": "yes", "cluster-node-timeout": 2_000 };
  const nodes = await Promise.all(Array.from({ length: masters }, () => RedisServer.start(settings)));
  const share = Math.ceil(slots / masters);
  await Promise.all(
    nodes.map(async ({ client }, index) => {
      const last = Math.min(slots, (index + 1) * share) - 1;
      await client.cluster("ADDSLOTSRANGE", index * share, last);
      await client.call("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
    }),
  );
  for (const { port } of nodes.slice(1)) await nodes[0]!.client.cluster("MEET", "127.0.0.1", port);
  await eventually(async () => {
    for (const { client } of nodes) {
      const info = await client.cluster("INFO");
      if (!info.includes("cluster_state:ok") || !info.includes(`cluster_size:${masters}`)) throw new Error(info);
    }
  });
  return nodes;
}
