import { RejectedError } from "@actor-runtime/core";
import { Actor, ActorContext, Handler, inject, Query, State, Transactional } from "@actor-runtime/runtime";
import { emptyLog, type Log, logged } from "./log.js";
import { openingBalance, type Transfer } from "./transfer.js";

export interface AccountReport {
  readonly balance: number;
  readonly log: Log;
}

@Actor("Account", { partitions: 12 })
export class Account {
  private readonly self = inject(ActorContext);
  @State() private balance = openingBalance;
  @State() private log: Log = emptyLog;

  @Handler() withdraw({ id, amount }: Transfer): void {
    if (amount > this.balance) throw new RejectedError("insufficient funds");
    this.balance -= amount;
    this.log = logged(this.log, id);
  }

  /** Its client has a note of it in its statement. */
  @Handler() deposit({ id, amount, client }: Transfer): void {
    this.balance += amount;
    this.log = logged(this.log, id);
    this.self.ref(Statement, client).tell.add(id);
  }

  @Transactional()
  @Handler()
  async payTo(transfer: Transfer): Promise<void> {
    const deposit = () => this.self.ref(Account, transfer.to).deposit(transfer);
    if (transfer.depositFirst) await deposit();
    this.withdraw(transfer);
    if (!transfer.depositFirst) await deposit();
  }

  @Query() current(): number {
    return this.balance;
  }

  @Query() report(): AccountReport {
    return { balance: this.balance, log: this.log };
  }
}

/** A client's transfers that took effect, as those who got the money told it. */
@Actor("Statement", { mailbox: "Account", partitions: 12 })
export class Statement {
  @State() private log: Log = emptyLog;

  @Handler() add(id: string): void {
    this.log = logged(this.log, id);
  }

  @Query() report(): Log {
    return this.log;
  }
}
