import { type ActorSystem, RejectedError } from "actor-runtime";
import { Account } from "../accounts.js";
import type { Books } from "./books.js";

export interface ClientOptions {
  readonly accounts: readonly string[];
  readonly books: Books;
  /** Ends all clients after their current call. */
  readonly stop: AbortSignal;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** Runs clients side by side until they are stopped; each makes one call after the other. */
export async function runClients(system: ActorSystem, count: number, options: ClientOptions): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => runClient(system, options)));
}

async function runClient(system: ActorSystem, options: ClientOptions): Promise<void> {
  const { books, stop } = options;
  while (!stop.aborted) {
    try {
      await makeCall(system, options);
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error;
      books.overdrafts += 1;
    }
  }
}

/** Six payments for every deposit, withdrawal and overdraft. */
async function makeCall(system: ActorSystem, { accounts, books, random }: ClientOptions): Promise<void> {
  const pick = () => accounts[Math.floor(random() * accounts.length)]!;
  const account = system.ref(Account, pick());
  const amount = 1 + Math.floor(random() * 100);
  books.messages += 1;
  switch (Math.floor(random() * 9)) {
    case 0:
      await account.deposit(amount);
      books.deposited += amount;
      return;
    case 1:
      await account.withdraw(amount);
      books.withdrawn += amount;
      return;
    case 2:
      await account.payTo(pick(), 1_000_000_000);
      return;
    default:
      await account.payTo(pick(), amount);
      books.messages += 1;
  }
}
