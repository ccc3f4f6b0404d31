import { Brake } from "@actor-runtime/core";
import type { Inbound } from "./inbound.js";

/** What stops the turns of one hosted type: operators, all of it or some addresses, or its own failures. */
export class TypeBrake {
  readonly failures = new Brake();
  /** The type's name if operators paused all of it, and the addresses they paused. */
  paused: ReadonlySet<string> = new Set();
  readonly #type: string;
  /** The message that may show whether the type works again. */
  #probe: Inbound | undefined;

  constructor(type: string) {
    this.#type = type;
  }

  /** Whether anything is stopped at all: the one thing that every turn looks at. */
  get on(): boolean {
    return this.failures.on || this.paused.size > 0;
  }

  /** Whether every actor of the type is stopped, but for one that tries now and then. */
  get stopsAll(): boolean {
    return this.failures.on || this.paused.has(this.#type);
  }

  /** Operators stopped this actor. */
  pauses(address: string): boolean {
    return this.paused.has(this.#type) || this.paused.has(address);
  }

  /**
   * Whether an actor's first message must wait. A pause holds queries too, for no code of the type shall run. The brake that
   * failures put on lets them pass, for they spend no attempt; of all others one passes as a probe whenever one is due.
   *
   * @param inbound `undefined`: the actor only comes to life
   */
  holds(address: string, inbound: Inbound | undefined, isQuery: boolean, second: number): boolean {
    if (this.pauses(address)) return true;
    if (!this.failures.on || isQuery || inbound === undefined || inbound === this.#probe) return false;
    if (!this.failures.takeProbe(second)) return true;
    this.#probe = inbound;
    return false;
  }

  /** A turn ended; returns what that changed. */
  ended(inbound: Inbound, failed: boolean, second: number): "on" | "off" | undefined {
    const probe = this.#probe === inbound;
    if (probe) this.#probe = undefined;
    return this.failures.ended(second, failed, probe);
  }

  /** The message ended in a way that says nothing about the type's code. */
  passed(inbound: Inbound): void {
    if (this.#probe !== inbound) return;
    this.#probe = undefined;
    this.failures.returnProbe();
  }
}
