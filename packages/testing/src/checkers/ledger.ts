import type { Effect, FinalState, History } from "./history.js";

/** Where an effect stands. */
export interface Place {
  readonly effect: Effect;
  /** From 0, in the order of the actor's effects. */
  readonly at: number;
}

const nowhere: readonly Place[] = [];

/** What became of each message in the end, by address. */
export class Ledger {
  readonly #finals: ReadonlyMap<string, FinalState>;
  readonly #places = new Map<string, Map<string, Place[]>>();
  readonly #causes = new Map<string, Map<string, string[]>>();

  constructor({ finals, deadLetters }: Pick<History, "finals" | "deadLetters">) {
    this.#finals = new Map(finals.map((final) => [final.address, final]));
    for (const { address, effects } of finals) {
      effects.forEach((effect, at) => add(this.#places, address, effect.message, { effect, at }));
    }
    for (const { address, message, cause } of deadLetters) add(this.#causes, address, message, cause);
  }

  /** Whether the actor's final state was read. */
  knows(address: string): boolean {
    return this.#finals.has(address);
  }

  effects(address: string): readonly Effect[] {
    return this.#finals.get(address)?.effects ?? [];
  }

  places(address: string, message: string): readonly Place[] {
    return this.#places.get(address)?.get(message) ?? nowhere;
  }

  /** Causes of its dead letters. */
  causes(address: string, message: string): readonly string[] {
    return this.#causes.get(address)?.get(message) ?? [];
  }
}

function add<T>(map: Map<string, Map<string, T[]>>, address: string, message: string, value: T): void {
  let ofAddress = map.get(address);
  if (ofAddress === undefined) map.set(address, (ofAddress = new Map()));
  const found = ofAddress.get(message);
  if (found === undefined) ofAddress.set(message, [value]);
  else found.push(value);
}
