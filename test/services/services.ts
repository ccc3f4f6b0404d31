import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { inject } from "vitest";
import type { ServiceUrls } from "./provision.js";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the run's services are asked for. */
    readonly servicesUrl: string;
  }
}

/**
 * The RabbitMQ and the Redis that all tests of the run share: use a namespace of your own and break neither. The first call of a
 * run starts them, which takes about 5 s, and minutes where they must be installed first: await it at the top of the file, where
 * no time-out counts.
 *
 * @throws Error that says what is missing and what would help
 * @example
 * const { amqpUrl, redisUrl } = await services();
 */
export async function services(): Promise<ServiceUrls> {
  // fetch() would give up after five minutes, which an installation may take.
  const [response] = (await once(get(inject("servicesUrl")), "response")) as [IncomingMessage];
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(body);
  return JSON.parse(body) as ServiceUrls;
}
