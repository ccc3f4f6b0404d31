import { describe, expect, it } from "vitest";
import { firstWithin } from "./limited.js";

describe("the first of a list that have at most so many bytes", () => {
  it("are all of them where they fit, with what stands between them", () => {
    expect(firstWithin(["ab", "cd"], 10)).toEqual({ items: ["ab", "cd"], more: 0 });
    expect(firstWithin([], 0)).toEqual({ items: [], more: 0 });
  });

  it("leave the others out, and say how many those are", () => {
    expect(firstWithin(["ab", "cd", "e"], 9)).toEqual({ items: ["ab"], more: 2 });
    expect(firstWithin(["ä"], 4)).toEqual({ items: [], more: 1 });
  });
});
