import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { provision, type Services } from "./provision.js";

/**
 * One RabbitMQ and one Redis for the whole run, started when the first test asks for them, so that a run of unit tests waits for
 * nothing.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = takeFromEnvironment();
  let starting: Promise<Services> | undefined;
  const server = createServer((_, response) => {
    starting ??= provision(given);
    starting.then(
      ({ amqpUrl, redisUrl }) => response.end(JSON.stringify({ amqpUrl, redisUrl })),
      (error: Error) => response.writeHead(503).end(error.message),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  project.provide("servicesUrl", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.close();
    const services = await starting?.catch(() => undefined);
    await services?.stop();
  };
}

/** What a test does must not depend on what the shell exports, so from here on only `services()` knows the two URLs. */
function takeFromEnvironment(): { readonly amqpUrl?: string; readonly redisUrl?: string } {
  const { AMQP_URL: amqpUrl, REDIS_URL: redisUrl } = process.env;
  delete process.env.AMQP_URL;
  delete process.env.REDIS_URL;
  return { ...(amqpUrl && { amqpUrl }), ...(redisUrl && { redisUrl }) };
}
