import type { Cancel } from "@actor-runtime/core";
import { systemMailbox } from "../definition/system-actor.js";
import type { LeaseKeeper } from "./lease-keeper.js";
import type { WorkerServices } from "./services.js";
import { recoverCoordinators } from "./stored-coordinators.js";
import type { Tenure } from "./tenure.js";

/** Idle actors, silent partitions, pauses by operators and probes that are due are looked for this often. */
const sweepMs = 1_000;
/** Ticks of reminders whose alarms were lost are looked for this often. */
const remindMs = 5_000;
/** So are coordinators that wait for word from participants. */
const recoverMs = 20_000;

/** What a worker does now and then beside its messages: renews its leases, and looks after what was silent or idle for long. */
export class Housekeeping {
  readonly #services: WorkerServices;
  readonly #leases: LeaseKeeper;
  readonly #tenures: () => readonly Tenure[];
  readonly #timers: Cancel[] = [];
  #stopped = false;

  /** @param tenures those that are alive */
  constructor(services: WorkerServices, leases: LeaseKeeper, tenures: () => readonly Tenure[]) {
    this.#services = services;
    this.#leases = leases;
    this.#tenures = tenures;
  }

  start(): void {
    const { leaseMs } = this.#services.limits;
    this.#sweep();
    this.#every(leaseMs / 3, () => this.#leases.renew());
    this.#every(leaseMs / 20, () => this.#leases.dropExpired());
    this.#every(remindMs, () => this.#remind());
    this.#every(recoverMs, () => this.#recover());
    this.#every(sweepMs, () => {
      this.#sweep();
      this.#brakes();
    });
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#timers) cancel();
  }

  /** The next time is counted from the end of the last. */
  #every(ms: number, task: () => void | Promise<void>): void {
    const { clock } = this.#services.ports;
    const index = this.#timers.length;
    const repeat = async () => {
      await task();
      if (!this.#stopped) later();
    };
    const later = () => {
      this.#timers[index] = clock.after(ms, () => void repeat());
    };
    later();
  }

  #brakes(): void {
    const { brakes, log } = this.#services;
    brakes.look().catch((error) => log.debug({ err: error }, "no look at what is paused: the store does not answer"));
    brakes.probe();
  }

  async #remind(): Promise<void> {
    for (const { mailbox, partition, ticks } of this.#tenures()) {
      if (mailbox.name === systemMailbox || !ticks.sweep.mayFind) continue;
      await ticks.sweep.run().catch((err) => this.#services.log.debug({ partition, err }, "no look at what is due"));
    }
  }

  async #recover(): Promise<void> {
    const system = this.#tenures().filter(({ mailbox }) => mailbox.name === systemMailbox);
    for (const tenure of system) await recoverCoordinators(tenure);
  }

  #sweep(): void {
    const now = this.#services.ports.clock.monotonic();
    for (const { deliveries } of this.#tenures()) deliveries.look(now);
    this.#dropIdle();
  }

  /** Drops actors that were idle for their type's `idleAfter`. */
  #dropIdle(): void {
    const { activations, ports, types } = this.#services;
    activations.now = Math.floor(ports.clock.monotonic() / 1000);
    let shortestMs = Number.POSITIVE_INFINITY;
    for (const { definition } of types.values()) shortestMs = Math.min(shortestMs, definition.idleAfterMs);
    for (const activation of activations) {
      const idleMs = (activations.now - activation.usedAt) * 1000;
      // Let in beyond the bound while all others were busy.
      const tooMany = activations.size > this.#services.limits.maxActivations;
      // They come in the order of their last use: from here on all were used too recently.
      if (idleMs < shortestMs && !tooMany) return;
      if (tooMany || idleMs >= activation.hosted.definition.idleAfterMs) activation.owner.deactivate(activation);
    }
  }
}
