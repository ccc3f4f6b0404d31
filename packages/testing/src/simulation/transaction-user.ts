import { DeadlockError, NotStartedError } from "@actor-runtime/core";
import type { ActorSystem } from "@actor-runtime/runtime";
import type { Seen } from "../checkers/history.js";
import type { HistoryRecorder } from "../checkers/history-recorder.js";
import type { TransactionRecorder } from "../checkers/transactions/transaction-recorder.js";
import { Clerk } from "./clerk.js";
import { follow } from "./transaction-body.js";
import { changesOf, type TransactionPlan } from "./transaction-plan.js";
import { Account, Shelf } from "./transactional-actors.js";

export interface TransactionUserOptions {
  readonly recorder: HistoryRecorder;
  readonly transactions: TransactionRecorder;
  readonly client: ActorSystem;
  readonly name: string;
  readonly sleep: (ms: number) => Promise<void>;
  /** Something that must not be. */
  readonly report: (what: string) => void;
}

const seenIn = (answer: Seen): Seen => answer;

/** Code that runs transactions in one client, or has them run in turns. */
export class TransactionUser {
  readonly #options: TransactionUserOptions;

  constructor(options: TransactionUserOptions) {
    this.#options = options;
  }

  /** @param idempotencyKey another transaction has it, too */
  run(plan: TransactionPlan, idempotencyKey?: string): void {
    const { client, name, transactions } = this.#options;
    // Hears of the end before those do whose calls wait for it.
    let settle: (end: Promise<string>) => void = () => {};
    const end = new Promise<string>((resolve) => {
      settle = resolve;
    });
    end.catch(() => {});
    const timeout = plan.timeoutMs;
    const options = { timeout, ...(idempotencyKey !== undefined && { idempotencyKey }) };
    settle(
      client.transaction(options, async (tx) => {
        const attempt = transactions.attempt(plan.id);
        const isOver = () => tx.signal.aborted;
        await follow(plan, attempt, {
          account: (key) => tx.ref(Account, key),
          shelf: (key) => tx.ref(Shelf, key),
          sleep: this.#options.sleep,
          asked: (call, answer) => {
            const outcome = answer.then(
              (seen) => counted(end, attempt.id, seen),
              (error) => counted(end, attempt.id, undefined, error),
            );
            this.#options.recorder.call({ ...call, sender: name }, outcome, seenIn);
          },
        });
        await this.#pastIt(plan, isOver);
        return attempt.id;
      }),
    );
    transactions.call(plan.id, name, changesOf(plan), end);
  }

  /** A turn runs it; a handler has to wait for all that it starts. */
  runInTurn(drawn: TransactionPlan, clerk: string, kind: "tell" | "ask"): void {
    const plan = { ...drawn, leaves: false };
    const { client, name, recorder, transactions } = this.#options;
    const address = `Clerk/${clerk}`;
    const message = `${plan.id}/0`;
    const ref = client.ref(Clerk, clerk).with({ timeout: plan.timeoutMs });
    const call = { message, kind, sender: name, address, ordered: false } as const;
    const changes = { ...changesOf(plan), [address]: 0 };
    if (kind === "tell") {
      const told = ref.tell.carryOut(message, plan);
      recorder.call(call, told);
      transactions.call(plan.id, name, changes, told as Promise<undefined>);
    } else {
      const answer = ref.carryOut(message, plan);
      recorder.call(call, answer);
      transactions.call(plan.id, name, changes, answer);
    }
  }

  /** What waits for the transaction that waits for it is told so at once. */
  async #pastIt({ stages }: TransactionPlan, isOver: () => boolean): Promise<void> {
    const [first] = stages.flat();
    if (first?.kind !== "change") return;
    try {
      await this.#options.client.ref(Account, first.account).messages();
      if (isOver()) return;
      this.#options.report(`a call past a transaction to Account/${first.account}, which it holds, was answered`);
    } catch (error) {
      if (error instanceof DeadlockError || isOver()) return;
      this.#options.report(`a call past a transaction: ${String(error)}`);
    }
  }
}

/** What came of a call, once it is known whether it counts. */
async function counted(end: Promise<string>, attempt: string, seen: Seen | undefined, error?: unknown): Promise<Seen> {
  const committed = await end;
  if (committed !== attempt) throw new NotStartedError(`${attempt} gave way to ${committed}`);
  if (seen === undefined) throw error;
  return seen;
}
