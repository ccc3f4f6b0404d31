import { simulate } from "@actor-runtime/testing";
import { describe, expect, it } from "vitest";
import { mutants } from "./mutants.js";

describe("a broken protocol", () => {
  it.each(mutants)(
    "is found within $within seeds: $title",
    async (mutant) => {
      for (let seed = 1; seed <= mutant.within; seed++) {
        const { violations } = await simulate({ seed, ports: mutant.make() });
        if (violations.length > 0) return;
      }
      expect.unreachable(`no violation in ${mutant.within} seeds`);
    },
    60_000,
  );
});
