import { type Answer, answerKey } from "@actor-runtime/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressOf, answerField, pickAnswer } from "./answers.js";

const text = fc.string({ unit: "grapheme" });
const answer: Answer = { key: answerKey("Account/a", "u:1"), fingerprint: "f", outcome: "old" };
const newer = { ...answer, outcome: "new" };

describe("a kept answer", () => {
  it("comes back as it was, whatever its texts hold", () => {
    fc.assert(
      fc.property(text, text, fc.nat(), (fingerprint, outcome, seq) => {
        const kept = { key: answer.key, fingerprint, outcome };
        expect(pickAnswer(kept.key, [null, answerField(kept, seq)], [null, null])).toEqual(kept);
      }),
    );
  });

  it("tells its actor from its key", () => {
    fc.assert(fc.property(text, text, (address, identity) => addressOf(answerKey(address, identity)) === address));
  });

  it("is the one given last where both generations have one", () => {
    expect(pickAnswer(answer.key, [answerField(answer, 1), answerField(newer, 2)], [null, null])).toEqual(newer);
    expect(pickAnswer(answer.key, [answerField(newer, 2), answerField(answer, 1)], [null, null])).toEqual(newer);
  });

  it("is void when its actor was erased after it, and holds when it was given by or after the erasing commit", () => {
    expect(pickAnswer(answer.key, [answerField(answer, 1)], ["2", null])).toBeUndefined();
    expect(pickAnswer(answer.key, [answerField(answer, 1)], [null, "2"])).toBeUndefined();
    expect(pickAnswer(answer.key, [answerField(answer, 2)], ["2", null])).toEqual(answer);
    expect(pickAnswer(answer.key, [answerField(answer, 1), answerField(newer, 3)], ["2", null])).toEqual(newer);
  });

  it("is nothing where there is none", () => {
    expect(pickAnswer(answer.key, [null, null], [null, null])).toBeUndefined();
  });
});
