import { describe, it } from "vitest";
import { lockMutants } from "./lock-mutants.js";
import { expectFound } from "./mutant.js";

describe("a broken protocol of locks", () => {
  it.each(lockMutants)(
    "is found within $within seeds: $title",
    (mutant) => expectFound(mutant, (violation) => violation.startsWith("P10")),
    120_000,
  );
});
