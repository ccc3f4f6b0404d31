import type { Random } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";

/** What every source of chance does. */
export function randomContract(name: string, make: () => Random): void {
  describe(`${name}: random`, () => {
    it("draws numbers from 0 up to, but not including, 1, evenly", () => {
      const random = make();
      const draws = 20_000;
      const tenths = Array.from({ length: 10 }, () => 0);
      for (let draw = 0; draw < draws; draw += 1) {
        const number = random.next();
        expect(number >= 0 && number < 1).toBe(true);
        tenths[Math.floor(number * 10)]! += 1;
      }
      // Seven standard deviations of a fair source: fails once in 10^11 runs.
      for (const count of tenths) expect(Math.abs(count - draws / 10)).toBeLessThan(7 * Math.sqrt(draws * 0.09));
    });

    it("makes ids of 16 hexadecimal digits that do not repeat", () => {
      const random = make();
      const ids = Array.from({ length: 20_000 }, () => random.id());
      for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}$/);
      expect(new Set(ids).size).toBe(ids.length);
    });

    it("uses every digit of an id", () => {
      const random = make();
      const ids = Array.from({ length: 2_000 }, () => random.id());
      for (let place = 0; place < 16; place += 1) expect(new Set(ids.map((id) => id[place])).size).toBe(16);
    });
  });
}
