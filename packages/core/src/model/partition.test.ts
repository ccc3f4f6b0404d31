import { describe, expect, it } from "vitest";
import { parsePartition, partitionId, partitionsOf } from "./partition.js";

const mailbox = { name: "Account", generation: 1, partitions: 3 };

describe("a partition", () => {
  it("is named after its mailbox, generation and index", () => {
    expect(partitionId(mailbox, 7)).toBe("Account:g1:07");
    expect(partitionId(mailbox, 123)).toBe("Account:g1:123");
    expect(partitionsOf(mailbox)).toEqual(["Account:g1:00", "Account:g1:01", "Account:g1:02"]);
  });

  it("can be read back from its name", () => {
    expect(parsePartition("$system:g2:15")).toEqual({ mailbox: "$system", generation: 2, index: 15 });
  });

  it.each(["", "Account", "Account:g1", "Account:1:07", "Account:g1:x", "a:b:g1:07"])("is not %j", (text) => {
    expect(() => parsePartition(text)).toThrow(RangeError);
  });
});
