import { RejectedError } from "@actor-runtime/core";
import type { Seen, SentOn } from "../checkers/history.js";
import type { CallBegin } from "../checkers/history-recorder.js";
import type { AttemptRecord } from "../checkers/transactions/transaction-recorder.js";
import type { Step, TransactionPlan } from "./transaction-plan.js";
import type { Account, Shelf } from "./transactional-actors.js";

type Asked<T, K extends keyof T> = { readonly [N in K]: T[N] };

/** How the code of a transaction reaches actors, and what it says of that. */
export interface Reach {
  account(key: string): Asked<Pick<Account, "change" | "pass">, "change" | "pass"> & Looking;
  shelf(key: string): Asked<Pick<Shelf, "append">, "append"> & Reading;
  sleep(ms: number): Promise<void>;
  asked(call: Omit<CallBegin, "sender">, answer: Promise<Seen>): void;
}

interface Looking {
  look(): Promise<{ readonly balance: number; readonly messages: readonly string[] }>;
}

interface Reading {
  messages(): Promise<readonly string[]>;
}

/**
 * The code of a transaction, in a client or in a turn.
 *
 * @returns what it asked
 */
export async function follow(plan: TransactionPlan, attempt: AttemptRecord, reach: Reach): Promise<SentOn[]> {
  const sent: SentOn[] = [];
  let steps = 0;
  for (const [index, stage] of plan.stages.entries()) {
    if (index > 0 && plan.pauseMs > 0) await reach.sleep(plan.pauseMs);
    const calls = Promise.all(
      stage.map(async (step) => {
        steps += 1;
        const asked = await carryOut(step, `${attempt.id}/${steps}`, plan.id, attempt, reach);
        if (asked !== undefined) sent.push(asked);
      }),
    );
    // Where one fails the transaction does, whoever waits for it.
    if (plan.leaves && index === plan.stages.length - 1) calls.catch(() => {});
    else await calls;
  }
  if (plan.throws) throw new RejectedError(`${plan.id} is not wanted`);
  return sent;
}

async function carryOut(
  step: Step,
  message: string,
  transaction: string,
  attempt: AttemptRecord,
  reach: Reach,
): Promise<SentOn | undefined> {
  switch (step.kind) {
    case "look": {
      const { balance, messages } = await reach.account(step.account).look();
      attempt.read(`Account/${step.account}`, messages);
      attempt.saw(`Account/${step.account}`, balance);
      return undefined;
    }
    case "read":
      attempt.read(`Shelf/${step.shelf}`, await reach.shelf(step.shelf).messages());
      return undefined;
    case "append": {
      const address = `Shelf/${step.shelf}`;
      return ask(address, message, attempt, reach, reach.shelf(step.shelf).append(message, transaction));
    }
    case "pass": {
      attempt.appends(`Account/${step.to}`, `${message}+`);
      const { account, amount, to } = step;
      const answer = reach.account(account).pass(message, transaction, amount, to);
      return ask(`Account/${account}`, message, attempt, reach, answer);
    }
    case "change":
    default: {
      const { account, amount } = step;
      return ask(
        `Account/${account}`,
        message,
        attempt,
        reach,
        reach.account(account).change(message, transaction, amount),
      );
    }
  }
}

async function ask(
  address: string,
  message: string,
  attempt: AttemptRecord,
  reach: Reach,
  answer: Promise<Seen>,
): Promise<SentOn> {
  attempt.appends(address, message);
  reach.asked({ message, kind: "ask", address, ordered: false }, answer);
  await answer;
  return { message, address, kind: "ask" };
}
