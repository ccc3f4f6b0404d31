/** What the clients know of the money, in cents, and of their calls. Only what was answered counts. */
export interface Books {
  deposited: number;
  withdrawn: number;
  /** Asks, and the tells that payments sent. */
  messages: number;
  overdrafts: number;
}

export function emptyBooks(): Books {
  return { deposited: 0, withdrawn: 0, messages: 0, overdrafts: 0 };
}

/** `1234567` cents as `12,345.67`. */
export function money(cents: number): string {
  return (cents / 100).toLocaleString("en", { minimumFractionDigits: 2 });
}
