import { randomBytes } from "node:crypto";
import { services } from "../services/services.js";

/** Where a story happens, and the environment that takes a process there. */
export interface Place {
  readonly name: string;
  readonly transport: string;
  /** Of a namespace that nobody else uses. */
  readonly env: () => Record<string, string>;
}

const { amqpUrl, redisUrl } = await services();

/** The services that the run shares, which stories must not break. */
export const real: Place = {
  name: "RabbitMQ and Redis",
  transport: "rabbitmq",
  env: () => ({
    AMQP_URL: amqpUrl,
    REDIS_URL: redisUrl,
    ACTOR_NAMESPACE: `story-${randomBytes(6).toString("hex")}`,
  }),
};

/** Every story of these happens in one process and on real services, word for word. */
export const places: readonly Place[] = [{ name: "one process", transport: "embedded", env: () => ({}) }, real];
