import { SeededRandom } from "@actor-runtime/embedded";
import { connect, type Ref, TransactionAbortedError } from "actor-runtime";
import { Account } from "./account.js";
import { type Pace, paceOf } from "./pace.js";
import { run } from "./throughput.js";
import { Workers } from "./workers.js";
import { Zipf } from "./zipf.js";

export type TransferPace = Pace & {
  /** Attempts of a transfer after its first one. */
  readonly retries: number;
  /** The share of transfers that were given up. */
  readonly aborted: number;
};

/**
 * Transfers between accounts that live in another process. argv: `transaction` or `asks`; how many at a time; `uniform` or
 * `zipf`, how often accounts are chosen
 */
const [way, concurrency, spread] = process.argv.slice(2) as ["transaction" | "asks", string, "uniform" | "zipf"];
const workers = new Workers("accounts");
await workers.start(1);
const system = await connect();
const accounts = Array.from({ length: 10_000 }, (_, n) => system.ref(Account, `account-${n}`));
// All are in memory then, as those are that are used every day.
await run((n) => accounts[n]!.deposit(1_000), accounts.length, 128);

const zipf = new Zipf(new SeededRandom(1), accounts.length, spread === "zipf" ? 0.99 : 0);

/** Two accounts that are not the same. */
function pair(): [from: Ref<Account>, to: Ref<Account>] {
  const from = zipf.next();
  let to = zipf.next();
  while (to === from) to = zipf.next();
  return [accounts[from]!, accounts[to]!];
}

/** Those of the run. */
let transfers = 0;
let attempts = 0;
let aborted = 0;

async function inTransaction(): Promise<void> {
  const [from, to] = pair();
  try {
    await system.transaction(async (tx) => {
      attempts += 1;
      await tx.ref(from).withdraw(1);
      await tx.ref(to).deposit(1);
    });
  } catch (error) {
    if (!(error instanceof TransactionAbortedError)) throw error;
    aborted += 1;
  }
}

/** What is written by hand so that half a transfer can be told from a whole one. */
async function byAsks(): Promise<void> {
  const [from, to] = pair();
  attempts += 1;
  await from.withdraw(1);
  await to.deposit(1);
  await from.confirm();
  await to.confirm();
}

const pace = await paceOf((n) => {
  if (n === 0) transfers = attempts = aborted = 0;
  transfers += 1;
  return way === "transaction" ? inTransaction() : byAsks();
}, Number(concurrency));
await system.close();
await workers.stop();
const figures: TransferPace = { ...pace, retries: attempts / transfers - 1, aborted: aborted / transfers };
process.send?.(figures);
