import { describe, expect, it } from "vitest";
import { brokenLockText, parseBrokenLock } from "./broken-locks.js";
import { parseChange } from "./changes.js";
import { parseQuestion } from "./questions.js";

describe("word of a broken lock", () => {
  it.each(["report:2026", "", "broken:", "ключ 🔑"])("names the lock it is about: %j", (name) => {
    expect(parseBrokenLock(brokenLockText(name))).toBe(name);
  });

  it("is not taken for a change or a question, nor they for it", () => {
    expect(parseChange(brokenLockText("view"))).toBeUndefined();
    expect(parseQuestion(brokenLockText("question:{}"))).toBeUndefined();
    for (const text of ["", "view", "released:Account:g1:00", "question:{}"]) {
      expect(parseBrokenLock(text)).toBeUndefined();
    }
  });
});
