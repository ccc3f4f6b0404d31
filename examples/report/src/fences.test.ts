import { expect, it } from "vitest";
import { Fences } from "./fences.js";

it("P10: refuses who had the lock before, once somebody came who has it now", () => {
  const fences = new Fences();
  expect(fences.refusal("a", "7")).toBeUndefined();
  expect(fences.refusal("a", "7")).toBeUndefined();
  expect(fences.refusal("a", "9")).toBeUndefined();
  expect(fences.refusal("a", "7")).toBe(412);
});

it("judges each resource alone", () => {
  const fences = new Fences();
  fences.refusal("a", "9");
  expect(fences.refusal("b", "7")).toBeUndefined();
});

it.each([
  ["without a fence", undefined, 428],
  ["with none at all in it", "", 400],
  ["with a text", "seven", 400],
  ["with more than a number can hold", "9007199254740993", 400],
])("refuses a request %s, and forgets it", (_, header, status) => {
  const fences = new Fences();
  expect(fences.refusal("a", header)).toBe(status);
  expect(fences.refusal("a", "1")).toBeUndefined();
});
