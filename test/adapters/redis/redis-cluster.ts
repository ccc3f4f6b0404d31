import { eventually } from "../../contracts/samples.js";
import { freePort, withFreePorts } from "../../services/free-port.js";
import { RedisServer } from "./redis-server.js";

const slots = 16_384;

/** A Redis Cluster of masters that share the slots evenly. */
export async function startCluster(masters = 3): Promise<RedisServer[]> {
  const members = await Promise.all(Array.from({ length: masters }, startMember));
  const nodes = members.map(({ node }) => node);
  const share = Math.ceil(slots / masters);
  await Promise.all(
    nodes.map(async ({ client }, index) => {
      const last = Math.min(slots, (index + 1) * share) - 1;
      await client.cluster("ADDSLOTSRANGE", index * share, last);
      await client.call("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
    }),
  );
  for (const { node, busPort } of members.slice(1)) {
    await nodes[0]!.client.call("CLUSTER", "MEET", "127.0.0.1", String(node.port), String(busPort));
  }
  await eventually(async () => {
    for (const { client } of nodes) {
      const info = await client.cluster("INFO");
      if (!info.includes("cluster_state:ok") || !info.includes(`cluster_size:${masters}`)) throw new Error(info);
    }
  });
  return nodes;
}

/** The port on which nodes talk is by default 10,000 above the other one, where nobody has looked whether it is free. */
function startMember(): Promise<{ readonly node: RedisServer; readonly busPort: number }> {
  return withFreePorts(async () => {
    const busPort = await freePort();
    const settings = { "cluster-enabled": "yes", "cluster-node-timeout": 2_000, "cluster-port": busPort };
    return { node: await RedisServer.start(settings), busPort };
  });
}
