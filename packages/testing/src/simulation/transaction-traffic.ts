import type { Clock } from "@actor-runtime/core";
import type { ActorSystem } from "@actor-runtime/runtime";
import type { History } from "../checkers/history.js";
import type { HistoryRecorder } from "../checkers/history-recorder.js";
import type { AccountState } from "../checkers/transactions/bank-history.js";
import { checkTransactions } from "../checkers/transactions/check-transactions.js";
import { TransactionRecorder } from "../checkers/transactions/transaction-recorder.js";
import type { TransactionViolation } from "../checkers/transactions/transaction-violation.js";
import { Clerk } from "./clerk.js";
import type { Dice } from "./dice.js";
import type { Scene } from "./scene.js";
import { accountKeys, clerkKeys, drawTransaction, shelfKeys } from "./transaction-plan.js";
import { TransactionUser } from "./transaction-user.js";
import { Account, Shelf } from "./transactional-actors.js";

/** Nothing stays in doubt longer when processes and services are back. */
const doubtMs = 3_000;
/** The longest that a transaction may take, with what its caller still asks after that. */
const longestMs = 25_000;
/** Aborts are remembered so long after a transaction's time. */
const retentionMs = 62_000;
/** So much longer where the store may have lost the word that it is time to forget: looked for every 20 s, once it is 5 s late. */
const lostWordMs = 27_000;

export interface TransactionTrafficOptions {
  readonly dice: Dice;
  readonly recorder: HistoryRecorder;
  readonly clock: (process: string) => Clock;
  readonly report: (what: string) => void;
}

/** All that has to do with transactions in one simulation. */
export class TransactionTraffic {
  readonly recorder: TransactionRecorder;
  readonly #options: TransactionTrafficOptions;
  readonly #states: AccountState[] = [];
  readonly #lists: Record<string, readonly string[]> = {};
  #count = 0;
  #plain = 0;

  constructor(options: TransactionTrafficOptions) {
    this.#options = options;
    this.recorder = new TransactionRecorder(() => options.recorder.mark().step);
  }

  /** A client runs one, or has a turn run it, or sends a plain message to the same actors. */
  send(client: ActorSystem, name: string): void {
    const { dice } = this.#options;
    if (dice.happens(0.3)) {
      this.#sendPlain(client, name);
      return;
    }
    this.#count += 1;
    const plan = drawTransaction(dice, `t${this.#count}`);
    const user = this.#user(client, name);
    const chance = dice.below(10);
    if (chance < 3) {
      user.runInTurn(plan, dice.oneOf(clerkKeys), dice.happens(0.5) ? "tell" : "ask");
    } else if (chance < 4) {
      user.run(plan, plan.id);
      user.run(plan, plan.id);
    } else {
      user.run(plan);
    }
  }

  /** Once all callers know, and those that died cannot commit any more, nothing is held, and soon nothing is remembered. */
  async comeToRest(scene: Scene): Promise<void> {
    const { report } = this.#options;
    const { cluster } = scene;
    const died = this.recorder.history().calls.some(({ reason }) => reason === "died");
    await scene.advance(doubtMs + (died ? longestMs : 0));
    for (const address of cluster.holds) report(`${address} is still held, ${doubtMs} ms after all is well`);
    await cluster.settle();
    const rememberedMs = retentionMs + (scene.recorder.history().rewinds.length > 0 ? lostWordMs : 0);
    // What was to be forgotten by a time that a worker read before it was set waits longer.
    await scene.advance(rememberedMs + scene.reminders.steppedMs);
    const records = await cluster.until(addressesOf(scene.operator, "$Transaction"));
    // Those with an idempotency key are kept for 10 min.
    for (const address of records.filter((one) => !one.startsWith("$Transaction/k~"))) {
      report(`${address} has a record, ${rememberedMs} ms after all is well`);
    }
  }

  async readStates(cluster: Scene["cluster"], operator: ActorSystem): Promise<void> {
    const refs = [
      ...accountKeys.map((key) => operator.ref(Account, key)),
      ...shelfKeys.map((key) => operator.ref(Shelf, key)),
      ...clerkKeys.map((key) => operator.ref(Clerk, key)),
    ];
    for (const ref of refs) {
      this.#states.push(await cluster.until(ref.state()));
      this.#lists[ref.address] = await cluster.until(ref.messages());
    }
  }

  check(history: History): TransactionViolation[] {
    // Where it went on no further, nothing is known of the end.
    if (this.#states.length === 0) return [];
    const sinks = history.finals.filter(({ address }) => address.startsWith("Sink/"));
    const received = sinks
      .flatMap(({ effects }) => effects.map(({ message }) => message))
      .filter((message) => message.startsWith("t"));
    return checkTransactions({
      transactions: this.recorder.history(),
      history,
      accounts: this.#states,
      lists: this.#lists,
      received,
    });
  }

  #user(client: ActorSystem, name: string): TransactionUser {
    const { recorder, report, clock } = this.#options;
    const own = clock(name);
    const sleep = (ms: number) => new Promise<void>((resolve) => void own.after(ms, resolve));
    return new TransactionUser({ recorder, transactions: this.recorder, client, name, sleep, report });
  }

  #sendPlain(client: ActorSystem, sender: string): void {
    const { dice, recorder } = this.#options;
    this.#plain += 1;
    const message = `p${this.#plain}`;
    const [type, key] = dice.happens(0.5) ? [Account, dice.oneOf(accountKeys)] : [Shelf, dice.oneOf(shelfKeys)];
    const ref = client.ref(type as typeof Account, key);
    const call = { message, sender, address: ref.address };
    const chance = dice.below(3);
    const asked = ref.with({ timeout: "20s" });
    if (chance === 0) recorder.call({ ...call, kind: "tell" }, ref.tell.note(message));
    else if (chance === 1) recorder.call({ ...call, kind: "ask" }, asked.note(message), (seen) => seen);
    else recorder.call({ ...call, kind: "query" }, asked.messages());
  }
}

async function addressesOf(system: ActorSystem, type: string): Promise<string[]> {
  const addresses: string[] = [];
  for await (const { address } of system.actors.list(type)) addresses.push(address);
  return addresses;
}
