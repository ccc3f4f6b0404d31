import { Actor, Handler, State } from "actor-runtime";

/** The actor of the figures of transfers. */
@Actor("BenchAccount")
export class Account {
  @State() private balance = 0;
  @State() private confirmed = 0;

  @Handler() withdraw(amount: number): number {
    return (this.balance -= amount);
  }

  @Handler() deposit(amount: number): number {
    return (this.balance += amount);
  }

  /** The second step of a transfer without a transaction: what came before counts now. */
  @Handler() confirm(): number {
    return ++this.confirmed;
  }
}
