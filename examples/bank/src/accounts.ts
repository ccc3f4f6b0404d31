import { Actor, ActorContext, Handler, inject, Query, RejectedError, State, Transactional } from "actor-runtime";
import { z } from "zod";
import { AuditLog } from "./audit-log.js";

const cents = z.int().positive();
const key = z.string().min(1);

/** An account; its balance is in cents. */
@Actor("Account")
export class Account {
  private readonly self = inject(ActorContext);
  private readonly audit = inject(AuditLog);
  @State() private balance = 0;

  @Handler({ input: cents }) deposit(amount: number): number {
    return (this.balance += amount);
  }

  /** Takes first and looks then, since a handler that throws leaves nothing behind. */
  @Handler({ input: cents }) withdraw(amount: number): number {
    this.balance -= amount;
    if (this.balance < 0) throw new RejectedError("insufficient funds", { code: "INSUFFICIENT_FUNDS" });
    return this.balance;
  }

  /** The deposit leaves when, and only when, this turn commits. It must not be refused, for the money is gone by then. */
  @Handler({ input: [key, cents] }) payTo(other: string, amount: number): void {
    this.withdraw(amount);
    this.self.ref(Account, other).tell.deposit(amount);
    const { address, idempotencyKey } = this.self;
    this.audit.record(`${address} ${idempotencyKey}`, `${address} paid ${amount} to Account/${other}`);
  }

  /** Wrong on purpose: the bank asks back for the balance of the account that waits for its answer. */
  @Handler({ input: cents }) async borrow(amount: number): Promise<number> {
    const limit = await this.self.ref(Bank, "main").creditLimit(this.self.key);
    if (amount > limit) throw new RejectedError(`the limit is ${limit}`, { code: "OVER_LIMIT" });
    return this.deposit(amount);
  }

  @Query() current(): number {
    return this.balance;
  }

  @Handler() close(): void {
    this.self.destroy();
  }
}

/** Decides about credit, and moves money between accounts. */
@Actor("Bank")
export class Bank {
  private readonly self = inject(ActorContext);

  /** Deposits first and asks for the money then: if that is refused, there was no deposit, and nobody has seen one. */
  @Transactional()
  @Handler({ input: [key, key, cents] })
  async transfer(from: string, to: string, amount: number): Promise<void> {
    await this.self.ref(Account, to).deposit(amount);
    await this.self.ref(Account, from).withdraw(amount);
  }

  /** As much again as the account holds. */
  @Handler({ input: key }) async creditLimit(account: string): Promise<number> {
    return this.self.ref(Account, account).current();
  }
}
