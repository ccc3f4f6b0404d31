import { Actor, Handler, Transactional } from "@actor-runtime/runtime";
import { attempts, replyRetention } from "./actors.js";
import { follow } from "./transaction-body.js";
import type { TransactionPlan } from "./transaction-plan.js";
import { Account, never, Shared, Shelf } from "./transactional-actors.js";

/** Runs transactions in its turns. */
@Actor("Clerk", { partitions: 2, attempts, replyRetention })
export class Clerk extends Shared {
  /** @returns which attempt of the transaction it was */
  @Transactional("createOrJoin", { timeout: "15s" })
  @Handler({ timeout: "20s" })
  async carryOut(message: string, plan: TransactionPlan): Promise<string> {
    const attempt = this.probe.transactions.attempt(plan.id);
    const seen = this.changing(plan.id, 0, message, () =>
      follow(plan, attempt, {
        account: (key) => this.self.ref(Account, key),
        shelf: (key) => this.self.ref(Shelf, key),
        sleep: (ms) => this.probe.sleep(ms),
        asked: (call, answer) => {
          this.probe.recorder.call({ ...call, sender: this.self.address, inTurn: true }, answer.then(never));
        },
      }),
    );
    await seen;
    return attempt.id;
  }
}
