import type { Dice } from "./dice.js";

export const accountKeys = ["a", "b", "c", "d", "e", "f", "g", "h"] as const;
/** It may have less than nothing. */
export const overdrawnKey = "h";
export const shelfKeys = ["i", "j", "k", "l", "m", "n"] as const;
export const clerkKeys = ["u", "v"] as const;

/** One call that a transaction makes. */
export type Step =
  /** An account changes by an amount. */
  | { readonly kind: "change"; readonly account: string; readonly amount: number }
  /** An account changes by an amount and asks another one to change by the opposite. */
  | { readonly kind: "pass"; readonly account: string; readonly amount: number; readonly to: string }
  | { readonly kind: "look"; readonly account: string }
  | { readonly kind: "append"; readonly shelf: string }
  | { readonly kind: "read"; readonly shelf: string };

/** What a transaction is going to do; it travels to actors, so it is plain data. */
export interface TransactionPlan {
  /** Names the transaction. */
  readonly id: string;
  /** Those of a list are made at once, the lists one after the other. */
  readonly stages: readonly (readonly Step[])[];
  /** For how long it does nothing between two stages. */
  readonly pauseMs: number;
  /** It waits for the calls of the last stage no longer than the commit does. */
  readonly leaves: boolean;
  /** It fails when all is done. */
  readonly throws: boolean;
  readonly timeoutMs: number;
}

/** By how much each actor changes, by address. */
export function changesOf({ stages }: TransactionPlan): Record<string, number> {
  const changes: Record<string, number> = {};
  for (const step of stages.flat()) {
    if (step.kind === "change" || step.kind === "pass") changes[`Account/${step.account}`] = step.amount;
    if (step.kind === "pass") changes[`Account/${step.to}`] = -step.amount;
    if (step.kind === "append") changes[`Shelf/${step.shelf}`] = 0;
  }
  return changes;
}

const timeouts = [400, 2_000, 5_000, 10_000] as const;
/** Of all pauses of one transaction, so that every one may come to its end. */
const longestPauseMs = 4_000;

export function drawTransaction(dice: Dice, id: string): TransactionPlan {
  const chance = dice.below(10);
  const steps =
    chance < 4 ? drawTransfer(dice) : chance < 8 ? drawLists(dice) : chance < 9 ? drawMixed(dice) : drawAudit();
  const stages = staged(dice, steps);
  const pauseMs = dice.happens(0.6) ? 0 : dice.happens(0.8) ? dice.below(300) : dice.below(2_500);
  return {
    id,
    stages,
    pauseMs: Math.min(pauseMs, Math.floor(longestPauseMs / stages.length)),
    leaves: dice.happens(0.15),
    throws: dice.happens(0.1),
    timeoutMs: dice.oneOf(timeouts),
  };
}

/** Among 2 to 8 accounts, often the first of them. */
function drawTransfer(dice: Dice): Step[] {
  const count = dice.happens(0.6) ? 2 : dice.between(3, accountKeys.length);
  const accounts = drawSome(dice, accountKeys, count, dice.happens(0.4));
  const amounts = accounts.slice(1).map(() => dice.between(1, 30));
  const [from, ...to] = accounts as [string, ...string[]];
  if (to.length === 1 && dice.happens(0.3)) return [{ kind: "pass", account: from, amount: -amounts[0]!, to: to[0]! }];
  return [
    { kind: "change", account: from, amount: -amounts.reduce((sum, amount) => sum + amount, 0) },
    ...to.map((account, index): Step => ({ kind: "change", account, amount: amounts[index]! })),
  ];
}

function drawLists(dice: Dice): Step[] {
  const shelves = drawSome(dice, shelfKeys, dice.between(1, 4), dice.happens(0.5));
  return shelves.flatMap((shelf): Step[] => {
    const read = { kind: "read", shelf } as const;
    const append = { kind: "append", shelf } as const;
    return dice.oneOf([[read], [append], [read, append], [append, append, read]]);
  });
}

function drawMixed(dice: Dice): Step[] {
  const [account] = drawSome(dice, accountKeys, 1, true) as [string];
  return [...drawTransfer(dice), ...drawLists(dice), { kind: "look", account }];
}

function drawAudit(): Step[] {
  return accountKeys.map((account): Step => ({ kind: "look", account }));
}

/** @param hot the first of them more often than others */
function drawSome(dice: Dice, keys: readonly string[], count: number, hot: boolean): string[] {
  const left = [...keys];
  return Array.from({ length: count }, () => {
    const index = hot && dice.happens(0.5) ? 0 : dice.below(left.length);
    return left.splice(index, 1)[0]!;
  });
}

/** One after the other, or all at once as far as they are about different actors. */
function staged(dice: Dice, steps: readonly Step[]): Step[][] {
  if (dice.happens(0.5)) return steps.map((step) => [step]);
  const stages: Step[][] = [];
  for (const step of steps) {
    const own = actorsOf(step);
    const last = stages.findLastIndex((stage) =>
      stage.some((other) => actorsOf(other).some((one) => own.includes(one))),
    );
    (stages[last + 1] ??= []).push(step);
  }
  return stages;
}

function actorsOf(step: Step): string[] {
  if (step.kind === "append" || step.kind === "read") return [`Shelf/${step.shelf}`];
  return step.kind === "pass" ? [`Account/${step.account}`, `Account/${step.to}`] : [`Account/${step.account}`];
}
