import { describe, expect, it } from "vitest";
import { CommitGroup } from "./commit-group.js";
import { Streams } from "./streams.js";

describe("kept answers of a stream", () => {
  it("go once their sender has settled their numbers", () => {
    const streams = new Streams(new Map());
    for (const number of [1, 2, 3]) streams.answered("a", number, `key ${number}`);
    streams.answered("b", 1, "key of b");
    const group = new CommitGroup(1);
    streams.settle("a", 3, group);
    expect(group.settled).toEqual(["key 1", "key 2"]);
    streams.settle("a", 3, group);
    expect(group.settled).toHaveLength(2);
    streams.settle("a", 4, group);
    expect(group.settled).toEqual(["key 1", "key 2", "key 3"]);
  });

  it("of an ask that overtook a slower one stay until that one is settled, too", () => {
    const streams = new Streams(new Map());
    streams.answered("a", 5, "slower");
    streams.answered("a", 2, "first sent");
    const group = new CommitGroup(1);
    streams.settle("a", 3, group);
    expect(group.settled).toEqual([]);
    streams.settle("a", 6, group);
    expect(group.settled).toEqual(["slower", "first sent"]);
  });

  it("all go in the end, over thousands of asks", () => {
    const streams = new Streams(new Map());
    const settled: string[] = [];
    for (let number = 1; number <= 2_000; number++) {
      streams.answered("a", number, String(number));
      const group = new CommitGroup(number);
      if (number % 7 === 0) streams.settle("a", number - 3, group);
      settled.push(...group.settled);
    }
    const last = new CommitGroup(2_001);
    streams.settle("a", 2_001, last);
    expect([...settled, ...last.settled]).toEqual(Array.from({ length: 2_000 }, (_, i) => String(i + 1)));
  });
});

describe("O3: a stream", () => {
  it("never heard of has an empty row, and one in the store goes on where it was", () => {
    const streams = new Streams(new Map([["a", "7,9-9"]]));
    expect(streams.get("b").row()).toBe("0");
    expect(streams.get("a").accept(9, 0)).toBe("duplicate");
    expect(streams.get("a")).toBe(streams.get("a"));
  });
});
