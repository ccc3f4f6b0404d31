const ofClient = /^(\d{1,15})-[\w-]{1,64}$/;
const ofPartition = /^[^:]{1,100}:g\d{1,9}:\d{1,9}$/;

/**
 * The name of a stream that a client, or a worker for its own calls, opens: `<openMs>-<random>` (delivery.md A.1). Its owner
 * judges its age by the first part.
 *
 * @param openMs ms since 1970
 */
export function clientStream(openMs: number, random: string): string {
  return `${openMs}-${random}`;
}

/**
 * When a client's stream was opened, in ms since 1970. `undefined`: an outbox stream, which is named by its partition and
 * has no age. A name that is neither is as old as can be, so that nothing is ever kept for it.
 */
export function streamOpenedAt(name: string): number | undefined {
  const client = ofClient.exec(name);
  if (client) return Number(client[1]);
  return ofPartition.test(name) ? undefined : 0;
}
