import { describe, it } from "vitest";
import { expectFound } from "./mutant.js";
import { reminderMutants } from "./reminder-mutants.js";

describe("P1: broken reminders", () => {
  it.each(reminderMutants)("are found within $within seeds: $title", (mutant) => expectFound(mutant), 120_000);
});
