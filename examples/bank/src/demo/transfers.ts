import { type ActorSystem, RejectedError, TransactionAbortedError } from "actor-runtime";
import { Account } from "../accounts.js";
import { totalOf, transfer } from "../transfer.js";
import { money } from "./books.js";
import { failure } from "./failure.js";

/** One transfer that commits, and one that the second account refuses: it leaves no trace on the first. */
export async function showTransfers(
  system: ActorSystem,
  [from, to]: readonly [string, string],
  print: (line: string) => void,
): Promise<void> {
  const state = async () => {
    const [paid, got] = await Promise.all([system.ref(Account, from).current(), system.ref(Account, to).current()]);
    return `${from} ${money(paid)}, ${to} ${money(got)}`;
  };
  print(`transfer    before:  ${await state()}`);
  await transfer(system, from, to, 25_00);
  print(`            25.00:   ${await state()}, both at once`);
  print(`            too much: ${to} takes the deposit, then ${from} refuses`);
  print(`            ${await failure(transfer(system, from, to, 1_000_000_00))}`);
  print(`            after:   ${await state()}, no trace of it`);
}

export interface CrowdOptions {
  readonly transfers: number;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly print: (line: string) => void;
}

/**
 * Many transfers at once among a few accounts. Meanwhile the total is read again and again, every time as of one moment.
 *
 * @throws Error when a total is not what it was before
 */
export async function transferAtOnce(
  system: ActorSystem,
  accounts: readonly string[],
  { transfers, random, print }: CrowdOptions,
): Promise<void> {
  const before = await totalOf(system, accounts);
  print(`crowd       ${transfers.toLocaleString("en")} transfers at once among ${accounts.length} accounts`);
  const began = performance.now();
  const crowd = Array.from({ length: transfers }, () => attemptsOf(system, accounts, random));
  const ended = new AbortController();
  const [attempts, readings] = await Promise.all([
    Promise.all(crowd).finally(() => ended.abort()),
    readTotals(system, accounts, before, ended.signal),
  ]);
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  const committed = attempts.filter((count) => count > 0).length;
  const repeated = attempts.filter((count) => count > 1).length;
  print(
    `            ${committed.toLocaleString("en")} committed, ${transfers - committed} refused, ${repeated} took more than one attempt, ${seconds} s`,
  );
  print(`            the total, read ${readings} × meanwhile, was always ${money(before)}`);
}

/**
 * Reads the total until it shall stop.
 *
 * @returns how many times
 * @throws Error when it is not what is expected
 */
async function readTotals(
  system: ActorSystem,
  accounts: readonly string[],
  expected: number,
  stop: AbortSignal,
): Promise<number> {
  let readings = 0;
  while (!stop.aborted) {
    const total = await totalOf(system, accounts);
    if (total !== expected) throw new Error(`the total was ${money(total)} instead of ${money(expected)}`);
    readings += 1;
  }
  return readings;
}

/** How many attempts a transfer between any two accounts took; 0: one of them refused. */
async function attemptsOf(system: ActorSystem, accounts: readonly string[], random: () => number): Promise<number> {
  const from = Math.floor(random() * accounts.length);
  const to = (from + 1 + Math.floor(random() * (accounts.length - 1))) % accounts.length;
  try {
    return await transfer(system, accounts[from]!, accounts[to]!, 1 + Math.floor(random() * 25_00));
  } catch (error) {
    if (error instanceof TransactionAbortedError && error.cause instanceof RejectedError) return 0;
    throw error;
  }
}
