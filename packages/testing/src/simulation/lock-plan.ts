import type { LockMode } from "@actor-runtime/core";
import type { Dice } from "./dice.js";

/** What code is going to do with locks; it travels to actors, so it is plain data. */
export interface LockPlan {
  readonly names: readonly string[];
  readonly mode: LockMode;
  readonly leaseMs: number;
  /** `undefined`: it takes the lock if it is free, and waits for nothing. */
  readonly waitMs: number | undefined;
  /** Its signal aborts after this time. */
  readonly cancelMs: number | undefined;
  /** For how long it works under the lock. */
  readonly workMs: number;
  /** In a body of `withLock`, or between `acquire` and `release`. */
  readonly inBody: boolean;
  /** It never looks whether it still has the lock. */
  readonly careless: boolean;
  /** What it takes meanwhile, in a body. */
  readonly inner: LockPlan | undefined;
}

/** Few, so that everybody wants the same. */
export const lockNames = ["h", "i", "j"] as const;

const leases = [2_000, 3_000, 10_000] as const;

/** @param held what its caller holds already */
export function drawPlan(dice: Dice, names = drawNames(dice), held: readonly string[] = []): LockPlan {
  const taken = [...held, ...names];
  const others = lockNames.filter((name) => !taken.includes(name));
  const inBody = dice.happens(0.7);
  const isNested = inBody && others.length > 0 && dice.happens(0.25);
  return {
    names,
    mode: dice.happens(0.7) ? "exclusive" : "shared",
    leaseMs: dice.oneOf(leases),
    waitMs: drawWait(dice),
    cancelMs: dice.happens(0.15) ? dice.below(2_000) : undefined,
    workMs: drawWork(dice),
    inBody,
    careless: dice.happens(0.3),
    inner: isNested ? drawPlan(dice, [dice.oneOf(others)], taken) : undefined,
  };
}

function drawNames(dice: Dice): readonly string[] {
  const name = dice.oneOf(lockNames);
  if (dice.happens(0.75)) return [name];
  return dice.happens(0.5) ? lockNames : [dice.oneOf(lockNames.filter((other) => other !== name)), name];
}

function drawWait(dice: Dice): number | undefined {
  const chance = dice.below(10);
  if (chance < 2) return undefined;
  return chance < 5 ? dice.between(50, 500) : dice.between(2_000, 20_000);
}

function drawWork(dice: Dice): number {
  const chance = dice.below(10);
  if (chance < 5) return dice.below(50);
  return chance < 9 ? dice.below(1_500) : dice.between(3_000, 8_000);
}
