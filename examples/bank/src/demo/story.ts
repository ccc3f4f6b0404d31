import { type ActorSystem, partitionOf } from "actor-runtime";
import { Account, Bank } from "../accounts.js";
import { finalBalances } from "./balances.js";
import { type Books, emptyBooks, money } from "./books.js";
import { runClients } from "./clients.js";
import { failure } from "./failure.js";
import { showTransfers, transferAtOnce } from "./transfers.js";

export interface StoryOptions {
  readonly clients: number;
  readonly accounts: number;
  /** How many run at once in the end. */
  readonly transfers: number;
  /** Ends the load; the checks follow. */
  readonly stop: AbortSignal;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly print: (line: string) => void;
}

const openingCents = 100_00;
/** Accounts that all transfers of the crowd meet on. */
const crowded = 50;

/**
 * The demo from placement to the check of the books.
 *
 * @returns what the accounts hold more than the books say, in cents: 0 when no money was lost or made
 */
export async function tellStory(system: ActorSystem, options: StoryOptions): Promise<number> {
  const { print } = options;
  const accounts = Array.from({ length: options.accounts }, (_, index) => `a${String(index).padStart(3, "0")}`);
  const books = emptyBooks();
  await Promise.all(accounts.map((key) => system.ref(Account, key).deposit(openingCents)));
  books.deposited = accounts.length * openingCents;
  books.messages = accounts.length;

  showPlacement(system, accounts, print);
  print("");
  print(`load        ${options.clients} clients pay, deposit, withdraw and try to overdraw`);
  await underLoad(system, accounts, books, options);
  print("");
  // Payments are told, so some are still on their way.
  await finalBalances(system, accounts);
  await showTransfers(system, [accounts[0]!, accounts[1]!], print);
  print("");
  await transferAtOnce(system, accounts.slice(0, crowded), options);
  print("");
  await showOverdraft(system, accounts, print);
  print("");
  await showDeadlock(system, accounts[1]!, print);
  print("");
  return checkBooks(system, accounts, books, print);
}

/** How many accounts each partition has, and who owns them. */
function showPlacement(system: ActorSystem, accounts: readonly string[], print: StoryOptions["print"]): void {
  const { workerId, transport, types } = system.describe();
  const { partitions } = types.find(({ name }) => name === "Account")!;
  const counts = Array.from({ length: partitions }, () => 0);
  for (const key of accounts) counts[partitionOf(key, partitions)]! += 1;
  print(`placement   worker ${workerId}, ${transport}, owns the ${partitions} partitions of Account`);
  print(`            ${accounts.length} accounts by partition: ${counts.join(" ")}`);
}

async function underLoad(
  system: ActorSystem,
  accounts: readonly string[],
  books: Books,
  { clients, stop, random, print }: StoryOptions,
): Promise<void> {
  const began = performance.now();
  let last = { at: began, messages: books.messages };
  const progress = setInterval(() => {
    const now = { at: performance.now(), messages: books.messages };
    const rate = ((now.messages - last.messages) / (now.at - last.at)) * 1_000;
    const seconds = Math.round((now.at - began) / 1_000);
    print(
      `${String(seconds).padStart(9)} s ${perSecond(rate)}, ${books.overdrafts.toLocaleString("en")} overdrafts rejected`,
    );
    last = now;
  }, 1_000);
  try {
    await runClients(system, clients, { accounts, books, stop, random });
  } finally {
    clearInterval(progress);
  }
  const rate = (books.messages / (performance.now() - began)) * 1_000;
  print(`    overall ${perSecond(rate)}, ${books.messages.toLocaleString("en")} messages`);
}

function perSecond(rate: number): string {
  return `${Math.round(rate).toLocaleString("en").padStart(8)} messages/s`;
}

/** The handler takes the money before it looks: nothing of that may stay. */
async function showOverdraft(
  system: ActorSystem,
  accounts: readonly string[],
  print: StoryOptions["print"],
): Promise<void> {
  const account = system.ref(Account, accounts[0]!);
  const balance = (await finalBalances(system, accounts))[0]!;
  const state = async () => JSON.stringify(await system.actors.read(account.address));
  print(`overdraft   ${account.address} before: ${await state()}`);
  print(`            withdraw(${balance + 1}): ${await failure(account.withdraw(balance + 1))}`);
  print(`            ${account.address} after:  ${await state()}, rolled back`);
}

async function showDeadlock(system: ActorSystem, key: string, print: StoryOptions["print"]): Promise<void> {
  const account = system.ref(Account, key);
  print(
    `deadlock    ${account.address}.borrow(1) asks ${system.ref(Bank, "main").address}, which asks the account back`,
  );
  print(`            ${await failure(account.borrow(1))}`);
}

async function checkBooks(
  system: ActorSystem,
  accounts: readonly string[],
  { deposited, withdrawn }: Books,
  print: StoryOptions["print"],
): Promise<number> {
  const expected = deposited - withdrawn;
  const sum = (await finalBalances(system, accounts)).reduce((total, balance) => total + balance, 0);
  print(`check       deposited ${money(deposited)} − withdrawn ${money(withdrawn)} = ${money(expected)}`);
  print(`            ${accounts.length} balances hold ${money(sum)}`);
  print(sum === expected ? "            no cent was lost" : `            THE DIFFERENCE IS ${money(sum - expected)}`);
  return sum - expected;
}
