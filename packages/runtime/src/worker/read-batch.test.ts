import { type Clock, StoreUnavailableError } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import { ReadBatch } from "./read-batch.js";

const clock = { after: (_: number, task: () => void) => (queueMicrotask(task), () => {}) } as unknown as Clock;

describe("reads of one moment", () => {
  it("that are too many for one call of the store go in pieces, each answered by itself", async () => {
    const calls: number[] = [];
    const answers: number[] = [];
    let failures = 1;
    const read = async (keys: readonly number[]) => {
      if (calls.length === 2 && failures-- > 0) throw new StoreUnavailableError("not now");
      calls.push(keys.length);
      return keys.map((key) => key * 2);
    };
    const batch = new ReadBatch<number, number>(clock, read, () => expect.unreachable());
    const many = 200_000;
    for (let key = 0; key < many; key++) batch.get(key, (value) => answers.push(value));
    while (answers.length < many) await new Promise((resolve) => setImmediate(resolve));
    expect(Math.max(...calls)).toBeLessThanOrEqual(512);
    expect(answers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: many }, (_, key) => key * 2));
  });
});
