import { type FaultCount, faultNames, type Simulation } from "@actor-runtime/testing";

/** A seed whose history broke a promise. */
export interface Broken {
  readonly seed: number;
  readonly violations: readonly string[];
}

/** What is kept of a simulation. */
export type Summary = Pick<Simulation, "seed" | "violations" | "faults">;

/** Adds simulations up. */
export class Tally {
  readonly broken: Broken[] = [];
  readonly #faults = new Map<string, FaultCount>();
  #seeds = 0;

  get seeds(): number {
    return this.#seeds;
  }

  /** By name, in the order of the list. */
  get faults(): Readonly<Record<string, FaultCount>> {
    const names = faultNames.filter((name) => this.#faults.has(name));
    return Object.fromEntries(names.map((name) => [name, this.#faults.get(name)!]));
  }

  /** Kinds that never made a difference. */
  get harmless(): string[] {
    return Object.entries(this.faults).flatMap(([name, { bit }]) => (bit === 0 ? name : []));
  }

  add({ seed, violations, faults }: Summary): void {
    this.#seeds += 1;
    if (violations.length > 0) this.broken.push({ seed, violations });
    for (const [name, { struck, bit }] of Object.entries(faults)) {
      const sum = this.#faults.get(name) ?? { struck: 0, bit: 0 };
      this.#faults.set(name, { struck: sum.struck + struck, bit: sum.bit + bit });
    }
  }
}
