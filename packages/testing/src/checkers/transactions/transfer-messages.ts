import { grouped } from "../groups.js";
import type { BankHistory } from "./bank-history.js";
import type { TransactionViolation } from "./transaction-violation.js";

/** Messages of a transaction that commits come once, and those of one that aborts never. */
export function checkTransferMessages({ accounts, received }: BankHistory): TransactionViolation[] {
  const counts = grouped(received, (message) => message);
  const told = accounts.flatMap(({ address, entries }) =>
    entries.flatMap((entry) => (entry.told ?? []).map((message) => ({ message, address, transfer: entry.transfer }))),
  );
  const known = new Set(told.map(({ message }) => message));
  return [
    ...told.flatMap(({ message, address, transfer }): TransactionViolation[] => {
      const count = counts.get(message)?.length ?? 0;
      if (count === 1) return [];
      const anomaly = count === 0 ? "lost message" : "repeated message";
      const times = count === 0 ? "never" : `${count} times`;
      return [
        { anomaly, transactions: [transfer], what: `${address} told ${message} with it, and that came ${times}` },
      ];
    }),
    ...[...counts.keys()]
      .filter((message) => !known.has(message))
      .map((message): TransactionViolation => {
        return {
          anomaly: "stray message",
          transactions: [],
          what: `${message} came, of a transaction that left nothing else`,
        };
      }),
  ];
}
