import type { ActorSystem, Duration } from "actor-runtime";
import { Account } from "./accounts.js";

/** With hundreds of others at the same accounts. */
const patience: Duration = "30s";

/**
 * Moves money between two accounts, or leaves both as they are.
 *
 * @returns how many attempts it took: it begins anew when it has to give way to another transaction
 * @throws TransactionAbortedError whose cause is the RejectedError of an account that has not enough
 */
export async function transfer(system: ActorSystem, from: string, to: string, amount: number): Promise<number> {
  return system.transaction({ timeout: patience }, async (tx) => {
    await tx.ref(Account, to).deposit(amount);
    await tx.ref(Account, from).withdraw(amount);
    return tx.attempt;
  });
}

/** What accounts hold together, all as of one moment: nothing that is being moved is counted twice, or not at all. */
export async function totalOf(system: ActorSystem, accounts: readonly string[]): Promise<number> {
  return system.transaction({ timeout: patience }, async (tx) => {
    const balances = await Promise.all(accounts.map((account) => tx.ref(Account, account).current()));
    return balances.reduce((total, balance) => total + balance, 0);
  });
}
