import { setTimeout as delay } from "node:timers/promises";
import type { ActorSystem } from "actor-runtime";
import { Account } from "../accounts.js";

const pauseMs = 50;
const maxReadings = 100;

/**
 * Asks every account for its balance, until two readings are the same: told deposits may still be on their way.
 *
 * @throws Error when the balances still move after 5 s
 */
export async function finalBalances(system: ActorSystem, accounts: readonly string[]): Promise<readonly number[]> {
  let before: readonly number[] = [];
  for (let reading = 0; reading < maxReadings; reading++) {
    const balances = await Promise.all(accounts.map((key) => system.ref(Account, key).current()));
    if (balances.every((balance, index) => balance === before[index])) return balances;
    before = balances;
    await delay(pauseMs);
  }
  throw new Error("the balances still move although every client has stopped");
}
