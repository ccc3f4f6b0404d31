import { SeededRandom } from "@actor-runtime/embedded";
import { checkBank, describeTransactionViolation } from "@actor-runtime/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { goodBank } from "./good-bank.js";
import { type BankMistake, bankMistakes } from "./mistakes/bank.js";

const numRuns = 500;
const goodHistoriesToTry = 20;
const seeds = fc.integer({ min: 1, max: 2 ** 31 });

describe("P9: the checker of banks", () => {
  it(`accepts ${numRuns} good histories`, () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(checkBank(goodBank(seed)).map(describeTransactionViolation)).toEqual([]);
      }),
      { numRuns },
    );
  });

  it.each(bankMistakes)(`finds ${numRuns} times $anomaly: $title`, (mistake) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { bank, named } = badBank(mistake, seed);
        const found = checkBank(bank).filter(({ anomaly }) => anomaly === mistake.anomaly);
        expect(found.map(describeTransactionViolation)).toContainEqual(expect.stringContaining(named));
      }),
      { numRuns },
    );
  });

  it("says nothing of the sum where something was paid in", () => {
    const bank = goodBank(1);
    bank.transfers.push({ id: "in", changes: { "Account/a": 5 }, outcome: "committed" });
    bank.accounts[0]!.entries.push({ transfer: "in", amount: 5 });
    bank.accounts[0]!.balance += 5;
    bank.audits.push({
      id: "last",
      balances: Object.fromEntries(bank.accounts.map((one) => [one.address, one.balance])),
    });
    expect(checkBank(bank)).toEqual([]);
  });
});

function badBank({ make, title }: BankMistake, seed: number) {
  const random = new SeededRandom(seed);
  for (let variant = 0; variant < goodHistoriesToTry; variant++) {
    const bank = goodBank(seed + variant * 1_000_003);
    const named = make(bank, (items) => items[Math.floor(random.next() * items.length)]);
    if (named !== undefined) return { bank, named };
  }
  throw new Error(`no good history of seed ${seed} offers what "${title}" needs`);
}
