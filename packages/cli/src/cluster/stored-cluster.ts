import { type Cluster, consoleLog, StoredCluster } from "@actor-runtime/runtime";
import { checkServices, newWorkerId } from "../compose.js";
import { connectRedis, surroundingsOf } from "../connected.js";
import type { ServiceSettings } from "../services.js";

/**
 * Runs something on the cluster as the store knows it. The broker is not asked: it is when that is away that operators want to
 * see their workers.
 *
 * @throws ConfigError when only one of the two URLs is given, or the store refuses us
 * @throws StoreUnavailableError when the store cannot be reached
 */
export async function withStoredCluster<R>(
  settings: ServiceSettings,
  run: (cluster: Cluster) => Promise<R>,
): Promise<R> {
  checkServices(settings);
  const services = await connectRedis(settings, surroundingsOf({ log: consoleLog, connectionName: newWorkerId() }));
  try {
    return await run(new StoredCluster(services));
  } finally {
    await services.close();
  }
}
