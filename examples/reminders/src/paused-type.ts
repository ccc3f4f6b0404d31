import type { ActorSystem } from "actor-runtime";
import type { Outage } from "./outage.js";

/** In one process nothing outlives the worker, so operators stop all turns instead. */
export class PausedType implements Outage {
  readonly #system: ActorSystem;

  constructor(system: ActorSystem) {
    this.#system = system;
  }

  async begin(): Promise<string> {
    await this.#system.actors.pause("Subscription");
    return "operators pause all subscriptions (set AMQP_URL and REDIS_URL to see a worker killed)";
  }

  async end(): Promise<string> {
    await this.#system.actors.resume("Subscription");
    return "operators resume them";
  }
}
