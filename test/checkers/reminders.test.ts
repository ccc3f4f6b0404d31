import { SeededRandom } from "@actor-runtime/embedded";
import { checkReminders, describeReminderViolation } from "@actor-runtime/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { goodReminders } from "./good-reminders.js";
import { type ReminderMistake, reminderMistakes } from "./mistakes/reminders.js";

const numRuns = 200;
const goodHistoriesToTry = 30;
const seeds = fc.integer({ min: 1, max: 2 ** 31 });

describe("P1: the checker of reminders", () => {
  it(`accepts ${numRuns} good histories`, () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(checkReminders(goodReminders(seed)).map(describeReminderViolation)).toEqual([]);
      }),
      { numRuns },
    );
  });

  it.each(reminderMistakes)(`finds ${numRuns} times $anomaly: $title`, (mistake) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { history, named } = badReminders(mistake, seed);
        const found = checkReminders(history).filter(({ anomaly }) => anomaly === mistake.anomaly);
        expect(found.map(describeReminderViolation)).toContainEqual(expect.stringContaining(named));
      }),
      { numRuns },
    );
  });
});

function badReminders({ make, title }: ReminderMistake, seed: number) {
  const random = new SeededRandom(seed);
  for (let variant = 0; variant < goodHistoriesToTry; variant++) {
    const history = goodReminders(seed + variant * 1_000_003);
    const named = make(history, (items) => items[Math.floor(random.next() * items.length)]);
    if (named !== undefined) return { history, named };
  }
  throw new Error(`no good history of seed ${seed} offers what "${title}" needs`);
}
