import { describe, expect, it } from "vitest";
import type { AccountReport } from "./account.js";
import type { Known } from "./journal.js";
import { emptyLog, logged } from "./log.js";
import { openingBalance, type Transfer } from "./transfer.js";
import { type Books, complaints } from "./verdict.js";

const transfer = (id: string, from: string, to: string, amount: number): Transfer => ({
  id,
  client: "c",
  from,
  to,
  amount,
  depositFirst: false,
  by: "body",
});
const first = transfer("c#1", "a", "b", 10);
const second = transfer("c#2", "b", "a", 3);

/** What an account, or a statement, says where these transfers and no others took effect. */
const account = (balance: number, ...ids: string[]): AccountReport => ({
  balance: openingBalance + balance,
  log: ids.reduce(logged, emptyLog),
});
const books = (a: AccountReport, b: AccountReport, ...ids: string[]): Books => ({
  accounts: new Map([
    ["a", a],
    ["b", b],
  ]),
  statements: new Map([["c", ids.reduce(logged, emptyLog)]]),
});
const both = (ends: readonly [Known["end"], Known["end"]]): Known[] => [
  { transfer: first, end: ends[0] },
  { transfer: second, end: ends[1] },
];

const all = books(account(-7, "c#1", "c#2"), account(7, "c#2", "c#1"), "c#1", "c#2");
const onlyFirst = books(account(-10, "c#1"), account(10, "c#1"), "c#1");

describe("the verdict on transfers", () => {
  it.each<[string, Known[], Books]>([
    ["all that is done took effect", both(["done", "done"]), all],
    ["what is undone left nothing", both(["done", "undone"]), onlyFirst],
    ["what nobody knows of took effect", both(["done", "unknown"]), all],
    ["what nobody knows of left nothing", both(["done", "unknown"]), onlyFirst],
  ])("has nothing to say when %s", (_, transfers, said) => {
    expect(complaints(transfers, said)).toEqual([]);
  });

  it.each<[string, Known[], Books, string]>([
    ["what is done left nothing", both(["done", "done"]), onlyFirst, "a: a balance of 990 after 1"],
    ["what is undone took effect", both(["done", "undone"]), all, "b: a balance of 1007 after 2"],
    [
      "it took effect twice",
      both(["done", "undone"]),
      books(account(-20, "c#1", "c#1"), account(10, "c#1"), "c#1"),
      "a: a balance of 980 after 2",
    ],
    [
      "half of it took effect",
      both(["done", "unknown"]),
      books(account(-7, "c#1", "c#2"), account(10, "c#1"), "c#1"),
      "c#2 took effect at a and not at b,the statement of c",
    ],
    [
      "another took effect than those that are done",
      both(["done", "undone"]),
      books(account(3, "c#2"), account(-3, "c#2"), "c#2"),
      "the statement of c: ",
    ],
    [
      "a note of it was not told",
      both(["done", "done"]),
      books(account(-7, "c#1", "c#2"), account(7, "c#2", "c#1"), "c#1"),
      "the statement of c: ",
    ],
  ])("finds that %s", (_, transfers, said, complaint) => {
    expect(complaints(transfers, said)).toContainEqual(expect.stringContaining(complaint));
  });
});
