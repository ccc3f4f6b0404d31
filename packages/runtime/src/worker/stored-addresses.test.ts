import { describe, expect, it } from "vitest";
import { StoredAddresses } from "./stored-addresses.js";

/** A list that stands still until it is let go on. */
function slowList(addresses: readonly string[]) {
  let goOn!: () => void;
  const waits = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  async function* list(): AsyncIterable<{ address: string }> {
    await waits;
    for (const address of addresses) yield { address };
  }
  return { list, goOn };
}

describe("which coordinators are stored", () => {
  it("is not known before all were listed", async () => {
    const stored = new StoredAddresses("$Transaction/");
    const { list, goOn } = slowList(["$Transaction/a"]);
    const learnt = stored.learn(list);
    expect(stored.lacks("$Transaction/b")).toBe(false);
    goOn();
    await learnt;
    expect(["a", "b"].map((key) => stored.lacks(`$Transaction/${key}`))).toEqual([false, true]);
  });

  it("counts what changed while they were listed", async () => {
    const stored = new StoredAddresses("$Transaction/");
    const { list, goOn } = slowList(["$Transaction/forgotten"]);
    const learnt = stored.learn(list);
    stored.left("$Transaction/forgotten", false);
    stored.left("$Transaction/decided", true);
    goOn();
    await learnt;
    expect(["forgotten", "decided"].map((key) => stored.lacks(`$Transaction/${key}`))).toEqual([true, false]);
  });

  it("stays unknown when the list fails", async () => {
    const stored = new StoredAddresses("$Transaction/");
    async function* list(): AsyncIterable<{ address: string }> {
      yield { address: "$Transaction/a" };
      throw new Error("Redis is away");
    }
    await expect(stored.learn(list)).rejects.toThrow("Redis is away");
    expect(stored.lacks("$Transaction/b")).toBe(false);
  });

  it("says nothing of actors of other types", async () => {
    const stored = new StoredAddresses("$Transaction/");
    await stored.learn(slowListOf([]));
    expect(stored.lacks("$Lock/a")).toBe(false);
  });
});

function slowListOf(addresses: readonly string[]) {
  const { list, goOn } = slowList(addresses);
  goOn();
  return list;
}
