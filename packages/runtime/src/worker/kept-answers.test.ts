import { describe, expect, it } from "vitest";
import { CommitGroup } from "./commit-group.js";
import { KeptAnswers } from "./kept-answers.js";

describe("kept answers of a stream", () => {
  it("go once their sender has settled their numbers", () => {
    const kept = new KeptAnswers();
    for (const number of [1, 2, 3]) kept.answered("a", number, `key ${number}`);
    kept.answered("b", 1, "key of b");
    const group = new CommitGroup(1);
    kept.settle("a", 3, group);
    expect(group.settled).toEqual(["key 1", "key 2"]);
    kept.settle("a", 3, group);
    expect(group.settled).toHaveLength(2);
    kept.settle("a", 4, group);
    expect(group.settled).toEqual(["key 1", "key 2", "key 3"]);
  });

  it("of an ask that overtook a slower one stay until that one is settled, too", () => {
    const kept = new KeptAnswers();
    kept.answered("a", 5, "slower");
    kept.answered("a", 2, "first sent");
    const group = new CommitGroup(1);
    kept.settle("a", 3, group);
    expect(group.settled).toEqual([]);
    kept.settle("a", 6, group);
    expect(group.settled).toEqual(["slower", "first sent"]);
  });

  it("all go in the end, over thousands of asks", () => {
    const kept = new KeptAnswers();
    const settled: string[] = [];
    for (let number = 1; number <= 2_000; number++) {
      kept.answered("a", number, String(number));
      const group = new CommitGroup(number);
      if (number % 7 === 0) kept.settle("a", number - 3, group);
      settled.push(...group.settled);
    }
    const last = new CommitGroup(2_001);
    kept.settle("a", 2_001, last);
    expect([...settled, ...last.settled]).toEqual(Array.from({ length: 2_000 }, (_, i) => String(i + 1)));
  });

  it("P12: go out of memory with their stream", () => {
    const kept = new KeptAnswers();
    for (const number of [1, 2, 3]) kept.answered("a", number, `key ${number}`);
    kept.settle("a", 2, new CommitGroup(1));
    kept.forget("a");
    const group = new CommitGroup(2);
    kept.settle("a", 4, group);
    expect(group.settled).toEqual([]);
  });

  it("P12: are remembered up to a bound; beyond, they stay in the store for their retention", () => {
    const kept = new KeptAnswers();
    const bound = 2 ** 18;
    for (let number = 1; number <= bound + 10; number++) kept.answered("a", number, String(number));
    kept.answered("b", 1, "b1");
    const group = new CommitGroup(1);
    kept.settle("a", Number.MAX_SAFE_INTEGER, group);
    kept.settle("b", 2, group);
    expect(group.settled).toHaveLength(bound);
    // There is room again, and the same after a stream with a full memory is forgotten.
    for (let number = 1; number <= bound; number++) kept.answered("a", number, String(number));
    kept.forget("a");
    kept.answered("b", 2, "b2");
    const last = new CommitGroup(2);
    kept.settle("b", 3, last);
    expect(last.settled).toEqual(["b2"]);
  });
});
