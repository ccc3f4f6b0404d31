import { describe, it } from "vitest";
import { expectFound } from "./mutant.js";
import { mutants } from "./mutants.js";

describe("a broken protocol", () => {
  it.each(mutants)("is found within $within seeds: $title", (mutant) => expectFound(mutant), 120_000);
});
