import { expect, it } from "vitest";
import { RandomChoice } from "./random-choice.js";

it("a random worker is any of those that are not out, each for an equal part of chance", () => {
  const workers = [
    { id: "a", weight: 1 },
    { id: "b", weight: 0 },
    { id: "c", weight: 7 },
  ];
  const at = (random: number) => new RandomChoice().pick(workers, 0, () => random);
  expect([0, 0.49, 0.5, 0.999].map(at)).toEqual(["a", "a", "c", "c"]);
});
