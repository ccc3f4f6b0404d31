import { InvalidArgumentsError } from "@actor-runtime/core";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe, expect, it } from "vitest";
import type { MethodDefinition } from "./actor-definition.js";
import { checkArguments } from "./arguments.js";

type Result = StandardSchemaV1.Result<unknown>;

const schema = (validate: (value: unknown) => Result | Promise<Result>): StandardSchemaV1 => ({
  "~standard": { version: 1, vendor: "test", validate },
});
const positive = schema((value) =>
  typeof value === "number" && value > 0 ? { value } : { issues: [{ message: "must be positive" }] },
);
const trimmed = schema((value) => ({ value: String(value).trim() }));
const optional = schema((value) => ({ value: value ?? "default" }));
const later = schema(async (value) => ({ value: Number(value) + 1 }));
const failing = (...issues: StandardSchemaV1.Issue[]) => schema(() => ({ issues }));

const method = (input: MethodDefinition["input"]): MethodDefinition => ({
  actor: "Account",
  name: "deposit",
  kind: "handler",
  run: () => undefined,
  input,
  timeoutMs: 60_000,
});

describe("checking arguments", () => {
  it("lets everything through where there is no schema", () => {
    const args = [1, { any: "thing" }];
    expect(checkArguments(method(undefined), args)).toBe(args);
  });

  it("hands the handler what the schemas give, not what came in", () => {
    expect(checkArguments(method(trimmed), [" alice "])).toEqual(["alice"]);
    expect(checkArguments(method([trimmed, positive]), [" alice ", 3])).toEqual(["alice", 3]);
  });

  it("waits for schemas that answer by promise", async () => {
    await expect(checkArguments(method([later, trimmed]), [1, " a "])).resolves.toEqual([2, "a"]);
    await expect(checkArguments(method([later, positive]), [1, -1])).rejects.toThrow(InvalidArgumentsError);
  });

  it("treats a left out argument as undefined, so that optional ones stay optional", () => {
    expect(checkArguments(method([trimmed, optional]), ["a"])).toEqual(["a", "default"]);
    expect(() => checkArguments(method([trimmed, positive]), ["a"])).toThrow(
      "Account.deposit: args[1]: must be positive",
    );
    expect(() => checkArguments(method(positive), [])).toThrow("Account.deposit: args[0]: must be positive");
  });

  it("refuses more arguments than there are schemas", () => {
    expect(() => checkArguments(method(positive), [1, 2])).toThrow("Account.deposit: args[1]: takes 1 argument, got 2");
    expect(() => checkArguments(method([positive, positive]), [1, 2, 3])).toThrow("args[2]: takes 2 arguments, got 3");
  });

  it("P13: names type, handler and path, and lists every issue in data", () => {
    const nested = failing(
      { message: "no price", path: ["lines", 3, { key: "price" }] },
      { message: "odd key", path: ["a b", Symbol("s")] },
    );
    const error = refusal(() => checkArguments(method([positive, nested]), [-1, {}]));
    expect(error.message).toBe(
      'Account.deposit: args[0]: must be positive; args[1].lines[3].price: no price; args[1]["a b"][Symbol(s)]: odd key',
    );
    expect(error.data).toEqual([
      { path: "args[0]", message: "must be positive" },
      { path: "args[1].lines[3].price", message: "no price" },
      { path: 'args[1]["a b"][Symbol(s)]', message: "odd key" },
    ]);
  });

  it("P12: keeps the error small, however much is wrong", () => {
    const many = failing(...Array.from({ length: 1_000 }, (_, i) => ({ message: "bad", path: [i] })));
    const error = refusal(() => checkArguments(method(many), [[]]));
    expect(error.message).toBe("Account.deposit: args[0][0]: bad; args[0][1]: bad; args[0][2]: bad; and 997 more");
    expect(error.data).toHaveLength(20);
  });
});

function refusal(body: () => unknown): InvalidArgumentsError {
  try {
    body();
  } catch (error) {
    if (error instanceof InvalidArgumentsError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
