import { describe, expect, it } from "vitest";
import { parseArguments, parseTarget } from "./call.js";

const noStdin = () => Promise.reject(new Error("nobody may read stdin"));

describe("the arguments of call", () => {
  it("are JSON values, each", async () => {
    expect(await parseArguments(["1", '"two"', '{"three":[3]}', "null", "-5"], noStdin)).toEqual([
      1,
      "two",
      { three: [3] },
      null,
      -5,
    ]);
  });

  it("take stdin in the place of -, once", async () => {
    expect(await parseArguments(["1", "-"], async () => '{"a":1}\n')).toEqual([1, { a: 1 }]);
    await expect(parseArguments(["-", "-"], noStdin)).rejects.toThrow("give it once");
  });

  it("that are bare words are refused with the quotes they need", async () => {
    await expect(parseArguments(["1", "alice"], noStdin)).rejects.toThrow(/^argument 2 is not JSON: .*as '"alice"'$/);
  });

  it("that are broken JSON are refused with the place and a reminder of the shell", async () => {
    await expect(parseArguments(['{"a":1,}'], noStdin)).rejects.toThrow(
      /^argument 1 is not JSON: .*position 7.*single quotes/,
    );
    await expect(parseArguments(["-"], async () => "[1")).rejects.toThrow(/^stdin is not JSON: .*$/);
  });
});

describe("the target of call", () => {
  it("is a type and a key, and the key may hold slashes", () => {
    expect(parseTarget("Account/a/b")).toEqual({ type: "Account", key: "a/b" });
  });

  it.each(["Account", "/alice", "Account/", `Account/${"k".repeat(257)}`, "A B/c"])(
    "is refused as a wrong command line: %s",
    (text) => {
      expect(() => parseTarget(text)).toThrow(expect.objectContaining({ code: "USAGE" }));
    },
  );
});
