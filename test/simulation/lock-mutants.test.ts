import { simulate } from "@actor-runtime/testing";
import { describe, expect, it } from "vitest";
import { lockMutants } from "./lock-mutants.js";

describe("a broken protocol of locks", () => {
  it.each(lockMutants)(
    "is found within $within seeds: $title",
    async (mutant) => {
      const { within } = mutant;
      const undo = mutant.breakActor?.();
      try {
        for (let seed = 1; seed <= within; seed++) {
          const ports = mutant.make?.();
          const { violations } = await simulate({ seed, ...(ports && { ports }) });
          if (violations.some((violation) => violation.startsWith("P10"))) return;
        }
      } finally {
        undo?.();
      }
      expect.unreachable(`no violation in ${within} seeds`);
    },
    120_000,
  );
});
