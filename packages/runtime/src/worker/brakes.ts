import { type ActorError, type Logger, RejectedError } from "@actor-runtime/core";
import { targetsOf } from "../paused.js";
import type { Ports } from "../ports.js";
import { soon } from "../soon.js";
import type { Activation, HostedType } from "./activation.js";
import type { ActivationList } from "./activation-list.js";
import { isInfrastructure, isSendersFault } from "./fault.js";
import type { Inbound } from "./inbound.js";

interface BrakesOptions {
  readonly types: ReadonlyMap<string, HostedType>;
  readonly activations: ActivationList;
  readonly ports: Pick<Ports, "store" | "telemetry">;
  readonly log: Logger;
}

/** A stateless type, which only operators stop. */
export interface Pausable {
  readonly name: string;
  pause(paused: boolean): void;
}

/** The brakes of a worker's types: what operators paused, as of the last look, and what failed too often here. */
export class Brakes {
  readonly #types: ReadonlyMap<string, HostedType>;
  readonly #activations: ActivationList;
  readonly #ports: BrakesOptions["ports"];
  readonly #log: Logger;
  readonly #pools: Pausable[] = [];
  #looking = false;

  constructor({ types, activations, ports, log }: BrakesOptions) {
    this.#types = types;
    this.#activations = activations;
    this.#ports = ports;
    this.#log = log;
  }

  /** From the next look on it is paused when operators say so. */
  add(pool: Pausable): void {
    this.#pools.push(pool);
  }

  /** Whether an actor may not begin what waits first, or, when nothing does, come to life. */
  holds({ hosted, address }: Activation, inbound: Inbound | undefined): boolean {
    const method = inbound && hosted.definition.methods.get(inbound.message.handler);
    return hosted.brake.holds(address, inbound, method?.kind === "query", this.#activations.now);
  }

  /** Nobody of this mailbox gets on: what waits may as well stay in its queue, and when that is full senders hear of it. */
  stops(mailbox: string): boolean {
    for (const { brake, definition } of this.#types.values()) {
      if (definition.mailbox.name === mailbox && !brake.stopsAll) return false;
    }
    return true;
  }

  /** A turn did its work, or refused to. */
  succeeded(hosted: HostedType, inbound: Inbound): void {
    if (hosted.brake.ended(inbound, false, this.#activations.now) === undefined) return;
    const type = hosted.definition.name;
    this.#log.info({ type }, `${type} is no longer braked: a turn that tried did not fail`);
    // The turn has not quite ended yet, and its actor is one of those that go on.
    soon(() => this.#resume(hosted));
  }

  /**
   * A message failed.
   *
   * @returns whether the brake is on for such failures: the message goes back without having spent an attempt
   */
  failed(hosted: HostedType, inbound: Inbound, error: ActorError): boolean {
    const { brake } = hosted;
    if (error instanceof RejectedError) {
      this.succeeded(hosted, inbound);
      return false;
    }
    if (isInfrastructure(error) || isSendersFault(error)) {
      brake.passed(inbound);
      return false;
    }
    if (brake.ended(inbound, true, this.#activations.now) === "on") this.#tripped(hosted, error);
    return brake.failures.on;
  }

  /** Reads what operators paused; while the store does not answer, what was known goes on to hold. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const { paused } = await this.#ports.store.namespace();
      for (const hosted of this.#types.values()) this.#apply(hosted, paused);
      for (const pool of this.#pools) pool.pause(targetsOf(pool.name, paused).length > 0);
    } finally {
      this.#looking = false;
    }
  }

  /** Lets one message of each braked type try, where that is due. */
  probe(): void {
    for (const hosted of this.#types.values()) {
      if (hosted.brake.failures.probeDue(this.#activations.now)) this.#resume(hosted);
    }
  }

  /** For `/readyz`. An operator's pause is no reason to fail it: the rollout of the mended code must not halt. */
  get check(): "ok" | string {
    const braked = [...this.#types].flatMap(([type, { brake }]) => (brake.failures.on ? [type] : []));
    return braked.length === 0 ? "ok" : `${braked.join(", ")} braked: more than half of the turns fail`;
  }

  #tripped({ brake, definition }: HostedType, error: ActorError): void {
    const { turns, failures } = brake.failures.counts;
    const type = definition.name;
    this.#ports.telemetry.count("actor.brake_trips", 1, { type });
    this.#log.error(
      { type, turns, failures, err: error },
      `${type} is braked: ${failures} of ${turns} turns failed within 10 s; from now on one tries every 5 s`,
    );
  }

  #apply(hosted: HostedType, targets: readonly string[]): void {
    const { brake, definition } = hosted;
    const before = brake.paused;
    const now = targetsOf(definition.name, targets);
    brake.paused = new Set(now);
    for (const target of now) {
      if (!before.has(target)) this.#log.warn({ target }, `${target} is paused: no turn of it begins, messages wait`);
    }
    const resumed = [...before].filter((target) => !brake.paused.has(target));
    for (const target of resumed) this.#log.info({ target }, `${target} is resumed`);
    if (resumed.length > 0) this.#resume(hosted);
  }

  /** Lets the actors of a type look again whether they may go on. Turns move them in the list, so it is copied first. */
  #resume(hosted: HostedType): void {
    for (const activation of [...this.#activations]) {
      if (activation.hosted === hosted) activation.owner.resume(activation);
    }
  }
}
