import { parseAddress } from "@actor-runtime/core";
import type { Activation } from "./activation.js";
import type { Hold } from "./hold.js";
import type { PartitionScope } from "./scope.js";

/** Who waits for held actors: until they are in memory, or until a coordinator has said what it was asked. */
export class HoldWaits {
  readonly #scope: PartitionScope;
  readonly #waiting = new Map<Hold, (() => void)[]>();

  constructor(scope: PartitionScope) {
    this.#scope = scope;
  }

  /** Whether the actor is in memory for good or ill: nothing of it is being read or made. */
  isSettled(hold: Hold): boolean {
    const activation = this.activationOf(hold);
    return activation !== undefined && isSettled(activation);
  }

  activationOf({ address }: Hold): Activation | undefined {
    return this.#scope.activations.find(address);
  }

  /** Once the actor is in memory, be it as one that cannot come to life, or nobody holds it any more. */
  whenSettled(hold: Hold, go: (activation: Activation) => void): void {
    const hosted = this.#scope.services.types.get(parseAddress(hold.address).type)!;
    const activation = this.#scope.activations.get(hosted, hold.address, hold.headers);
    if (isSettled(activation) || hold.holders.length === 0) go(activation);
    else this.add(hold, () => this.whenSettled(hold, go));
  }

  /** Until somebody says that it goes on. */
  add(hold: Hold, go: () => void): void {
    const waiting = this.#waiting.get(hold);
    if (waiting) waiting.push(go);
    else this.#waiting.set(hold, [go]);
  }

  /** What waited for it looks again, also when nobody holds the actor any more. */
  goOn(hold: Hold): void {
    const waiting = this.#waiting.get(hold);
    this.#waiting.delete(hold);
    for (const go of waiting ?? []) go();
  }

  /** What waited for the actor to come to life goes on. */
  resume(activation: Activation): void {
    const { hold } = activation;
    if (hold !== undefined && isSettled(activation)) this.goOn(hold);
  }

  /** Whether somebody waits for the actor to come to life. */
  awaits({ hold }: Activation): boolean {
    return hold !== undefined && this.#waiting.has(hold);
  }
}

function isSettled({ phase }: Activation): boolean {
  return phase === "ready" || phase === "failed" || phase === "held";
}
