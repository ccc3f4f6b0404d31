import { simulate } from "@actor-runtime/testing";
import { describe, expect, it } from "vitest";
import { reminderMutants } from "./reminder-mutants.js";

describe("P1: broken reminders", () => {
  it.each(reminderMutants)(
    "are found within $within seeds: $title",
    async (mutant) => {
      const { within } = mutant;
      const undo = await mutant.breakCode?.();
      try {
        for (let seed = 1; seed <= within; seed++) {
          const ports = mutant.make?.();
          const { violations } = await simulate({ seed, ...(ports && { ports }) });
          if (violations.length > 0) return;
        }
      } finally {
        undo?.();
      }
      expect.unreachable(`no violation in ${within} seeds`);
    },
    120_000,
  );
});
