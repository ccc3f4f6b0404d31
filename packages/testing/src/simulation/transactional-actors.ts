import { RejectedError } from "@actor-runtime/core";
import { Actor, Handler, Query, State } from "@actor-runtime/runtime";
import type { Seen, SentOn } from "../checkers/history.js";
import type { AccountEntry, AccountState } from "../checkers/transactions/bank-history.js";
import { attempts, replyRetention, Sink, sinkOf } from "./actors.js";
import { Noting } from "./noting.js";
import { overdrawnKey } from "./transaction-plan.js";

/** What it has at first. */
const opening = 100;

/** Shared by transactions and plain messages: notes both, and which transaction each of its changes belongs to. */
export abstract class Shared extends Noting {
  @State() protected readonly entries: AccountEntry[] = [];

  /** A plain message. */
  @Handler() note(message: string): Promise<Seen> {
    return this.noting(message);
  }

  /** Messages it noted. */
  @Query() messages(): readonly string[] {
    return this.effects.map(({ message }) => message);
  }

  @Query() state(): AccountState {
    const { address } = this.self;
    return { address, opening: 0, balance: 0, entries: this.entries, mayOverdraw: true };
  }

  /** Notes a change of a transaction, and tells somebody what must be told only if it commits. */
  protected changing(
    transaction: string,
    amount: number,
    message: string,
    send: () => SentOn[] | Promise<SentOn[]> = () => [],
  ): Promise<Seen> {
    return this.noting(message, async () => {
      const told = `${message}>${this.probe.unique()}`;
      this.self.ref(Sink, sinkOf(message)).tell.note(told);
      const sent = await send();
      this.#enter(transaction, amount, told);
      return [...sent, { message: told, address: `Sink/${sinkOf(message)}`, kind: "tell" }];
    });
  }

  /** What only notes its transactions does so once for each. */
  #enter(transfer: string, amount: number, told: string): void {
    const at = amount === 0 ? this.entries.findIndex((entry) => entry.transfer === transfer) : -1;
    if (at === -1) this.entries.push({ transfer, amount, told: [told] });
    else this.entries[at] = { transfer, amount, told: [...this.entries[at]!.told!, told] };
  }
}

@Actor("Account", { partitions: 3, attempts, replyRetention, idleAfter: "5s" })
export class Account extends Shared {
  @State() private balance = opening;

  @Handler() change(message: string, transaction: string, amount: number): Promise<Seen> {
    return this.changing(transaction, amount, message, () => {
      this.#changeBy(amount);
      return [];
    });
  }

  /** Changes, and asks another account to change by the opposite. */
  @Handler() pass(message: string, transaction: string, amount: number, to: string): Promise<Seen> {
    return this.changing(transaction, amount, message, async () => {
      this.#changeBy(amount);
      const asked = `${message}+`;
      const address = `Account/${to}`;
      const answer = this.self.ref(Account, to).change(asked, transaction, -amount);
      const call = { message: asked, kind: "ask", sender: this.self.address, address, inTurn: true } as const;
      this.probe.recorder.call(call, answer.then(never));
      await answer;
      return [{ message: asked, address, kind: "ask" }];
    });
  }

  @Query() look(): { readonly balance: number; readonly messages: readonly string[] } {
    return { balance: this.balance, messages: this.messages() };
  }

  @Query() override state(): AccountState {
    const mayOverdraw = this.self.key === overdrawnKey;
    return { ...super.state(), opening, balance: this.balance, mayOverdraw };
  }

  #changeBy(amount: number): void {
    this.balance += amount;
    if (this.balance < 0 && this.self.key !== overdrawnKey) throw new RejectedError("insufficient funds");
  }
}

/** A list that transactions append to and read. */
@Actor("Shelf", { partitions: 2, attempts, replyRetention })
export class Shelf extends Shared {
  @Handler() append(message: string, transaction: string): Promise<Seen> {
    return this.changing(transaction, 0, message);
  }
}

/** Whether what it did counts, only the caller of the whole hears. */
export function never(): Promise<never> {
  return new Promise(() => {});
}
