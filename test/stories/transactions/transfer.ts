import { createHash } from "node:crypto";
import { SeededRandom } from "@actor-runtime/embedded";

export const accountKeys = Array.from({ length: 100 }, (_, n) => `account-${n}`);
export const openingBalance = 1_000;
/** So that some transfers are refused for want of money. */
const highestAmount = 400;

/** What a client wants. */
export interface Transfer {
  /** `<client>#<n>` */
  readonly id: string;
  /** Begins with its process, `clients-1/3`. */
  readonly client: string;
  readonly from: string;
  readonly to: string;
  readonly amount: number;
  /** Whether the one who gets it is asked first: two that go opposite ways then meet in opposite order. */
  readonly depositFirst: boolean;
  /** Made in the body of a transaction, or by a handler of the one who pays. */
  readonly by: "body" | "handler";
}

/** The n-th transfer of a client, always the same: so it is known what a client wanted that was killed. */
export function transferOf(client: string, n: number): Transfer {
  const id = `${client}#${n}`;
  const random = new SeededRandom(digestOf(id));
  const draw = (below: number) => Math.floor(random.next() * below);
  const from = draw(accountKeys.length);
  const to = (from + 1 + draw(accountKeys.length - 1)) % accountKeys.length;
  return {
    id,
    client,
    from: accountKeys[from]!,
    to: accountKeys[to]!,
    amount: 1 + draw(highestAmount),
    depositFirst: draw(2) === 0,
    by: draw(4) === 0 ? "handler" : "body",
  };
}

/** 32 bits that stand for the transfer in the logs of accounts. */
export function digestOf(id: string): number {
  return createHash("sha256").update(id).digest().readUInt32LE();
}
