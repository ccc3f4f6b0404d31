import { consoleLog, StoredCluster } from "@actor-runtime/runtime";
import { checkServices, newWorkerId } from "../compose.js";
import { connectRedis, surroundingsOf } from "../connected.js";
import type { ServiceSettings } from "../services.js";
import type { ClusterAnswer } from "./read-cluster.js";

/**
 * The cluster as the store knows it. The broker is not asked: it is when that is away that operators want to see their workers.
 *
 * @throws ConfigError when only one of the two URLs is given, or the store refuses us
 * @throws StoreUnavailableError when the store cannot be reached
 */
export async function storedCluster(settings: ServiceSettings): Promise<ClusterAnswer> {
  checkServices(settings);
  const services = await connectRedis(settings, surroundingsOf({ log: consoleLog, connectionName: newWorkerId() }));
  try {
    const { namespace } = settings;
    return { namespace, transport: "rabbitmq", ...(await new StoredCluster(services).describe()) };
  } finally {
    await services.close();
  }
}
