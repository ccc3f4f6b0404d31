/** A transfer as its caller saw it, in whatever number of attempts. */
export interface Transfer {
  /** Names the transfer; each account that it changes notes this. */
  readonly id: string;
  /** By how much each account changes, by address. */
  readonly changes: Readonly<Record<string, number>>;
  /** What its caller was told; `unknown`: nothing, or that it is in doubt. */
  readonly outcome: "committed" | "aborted" | "unknown";
}

/** What a transfer left in an account. */
export interface AccountEntry {
  readonly transfer: string;
  readonly amount: number;
  /** Messages that the account told somebody with it; each has a name of its own, also in another attempt. */
  readonly told?: readonly string[];
}

/** An account in the end. */
export interface AccountState {
  readonly address: string;
  readonly opening: number;
  readonly balance: number;
  readonly entries: readonly AccountEntry[];
  readonly mayOverdraw: boolean;
}

/** Balances that one transaction read. */
export interface Audit {
  readonly id: string;
  readonly balances: Readonly<Record<string, number>>;
}

/** What callers, accounts and those that accounts tell saw of a bank. */
export interface BankHistory {
  readonly transfers: readonly Transfer[];
  /** All of them. */
  readonly accounts: readonly AccountState[];
  /** Only those that committed. */
  readonly audits: readonly Audit[];
  /** Names of the messages that came, once for each time. */
  readonly received: readonly string[];
}
