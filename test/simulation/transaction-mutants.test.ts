import { describe, it } from "vitest";
import { expectFound } from "./mutant.js";
import { transactionMutants } from "./transaction-mutants.js";

describe("P9: a broken protocol of transactions", () => {
  it.each(transactionMutants)("is found within $within seeds: $title", (mutant) => expectFound(mutant), 120_000);
});
