import { type Cancel, ConfigError } from "@actor-runtime/core";
import type { WorkerServices } from "./services.js";

const probeMs = 2_000;

export interface BrokerHealthHost {
  /** Whether this worker should have partitions. */
  able(able: boolean): void;
  /** The broker answers, after it did not. */
  recovered(): void;
}

/**
 * Whether this worker reaches the broker. One that reaches the store alone would keep its partitions from those who could
 * serve them, so after a grace it says that it is unable, until the broker answers again. A channel that cannot be opened
 * is only a suspicion, for it may be its queue that is out of order, for everybody: the broker itself is asked.
 */
export class BrokerHealth {
  readonly #services: WorkerServices;
  readonly #host: BrokerHealthHost;
  #failingSince: number | undefined;
  /** The broker itself did not answer, so that it is not a matter of some queue. */
  #wasSilent = false;
  #able = true;
  #probe: Cancel = () => {};
  #closed = false;

  constructor(services: WorkerServices, host: BrokerHealthHost) {
    this.#services = services;
    this.#host = host;
  }

  /** In words, for `describe()`. */
  get check(): string {
    if (this.#failingSince === undefined) return "ok";
    const seconds = Math.round((this.#services.ports.clock.monotonic() - this.#failingSince) / 1_000);
    return `the broker has not answered for ${seconds} s`;
  }

  /** A channel was opened, or the broker answered otherwise. */
  worked(): void {
    if (this.#closed || this.#failingSince === undefined) return;
    this.#failingSince = undefined;
    this.#probe();
    if (!this.#able) {
      this.#able = true;
      this.#services.log.info({}, "the broker answers again: this worker takes partitions");
      this.#host.able(true);
    }
    if (this.#wasSilent) this.#host.recovered();
    this.#wasSilent = false;
  }

  /** A channel could not be opened. */
  failed(error: unknown): void {
    if (error instanceof ConfigError || this.#closed || this.#failingSince !== undefined) return;
    this.#failingSince = this.#services.ports.clock.monotonic();
    this.#probeLater();
  }

  close(): void {
    this.#closed = true;
    this.#probe();
  }

  #probeLater(): void {
    this.#probe();
    this.#probe = this.#services.ports.clock.after(probeMs, () => {
      this.#ask().then(
        () => this.worked(),
        (error) => this.#silent(error),
      );
    });
  }

  #silent(error: unknown): void {
    if (this.#closed || this.#failingSince === undefined) return;
    this.#wasSilent = true;
    this.#probeLater();
    const { log, limits, ports } = this.#services;
    if (!this.#able || ports.clock.monotonic() - this.#failingSince < limits.brokerGraceMs) return;
    this.#able = false;
    log.error({ err: error }, "the broker does not answer: others may take this worker's partitions");
    this.#host.able(false);
  }

  /** Asks for what is there already. */
  async #ask(): Promise<void> {
    const { store, broker } = this.#services.ports;
    const { storeId } = await store.namespace();
    await broker.tie(storeId);
  }
}
