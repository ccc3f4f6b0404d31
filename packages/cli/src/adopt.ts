import { consoleLog } from "@actor-runtime/runtime";
import { compose, newWorkerId } from "./compose.js";
import type { ServiceSettings } from "./services.js";

/**
 * Ties the broker to the store and raises the store's generation, so that every partition is taken over anew and what is
 * missing in senders' streams is passed at once (delivery.md A.5, O2).
 */
export async function adopt(settings: ServiceSettings): Promise<{ storeId: string; generation: number }> {
  const { ports, close } = await compose(settings, { log: consoleLog, connectionName: newWorkerId(), adopt: true });
  try {
    const { storeId, generation } = await ports.store.namespace();
    return { storeId, generation };
  } finally {
    await close();
  }
}
