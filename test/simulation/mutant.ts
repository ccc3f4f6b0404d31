import type { Ports } from "@actor-runtime/runtime";
import { simulate } from "@actor-runtime/testing";
import { expect } from "vitest";

/** One way to break the protocol, in the ports of every process or in its code. */
export interface Mutant {
  readonly title: string;
  /** It is found in so many seeds from 1 on. */
  readonly within: number;
  /** Anew for each simulation: what it returns may remember. */
  readonly make?: () => (ports: Ports) => Ports;
  /** In every process, until the function returned is called. */
  readonly breakCode?: () => Promise<Undo> | Undo;
}

export type Undo = () => void;

/** @param counts which violations are those that were to be found; default: all */
export async function expectFound(mutant: Mutant, counts: (violation: string) => boolean = () => true): Promise<void> {
  const { within } = mutant;
  const undo = await mutant.breakCode?.();
  try {
    for (let seed = 1; seed <= within; seed++) {
      const ports = mutant.make?.();
      const { violations } = await simulate({ seed, ...(ports && { ports }) });
      if (violations.some(counts)) return;
    }
  } finally {
    undo?.();
  }
  expect.unreachable(`no violation in ${within} seeds`);
}
