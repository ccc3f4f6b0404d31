import { describe, expect, it } from "vitest";
import { toWire } from "./codec.js";
import { NotSendableError } from "./errors.js";

class Money {
  readonly cents = 5;
}
class Ledger extends Map<string, number> {}

function refusal(value: unknown, path = "args"): NotSendableError {
  try {
    toWire(value, path);
  } catch (error) {
    if (error instanceof NotSendableError) return error;
    throw error;
  }
  throw new Error("it was sent");
}

describe("a value that cannot travel is refused at its sender", () => {
  it.each([
    ["args[0]: a function cannot travel", () => 1],
    ["args[0]: a function cannot travel", Money],
    ["args[0]: a symbol cannot travel", Symbol("s")],
    ["args[0]: an instance of Money cannot travel; send plain data", new Money()],
    ["args[0]: an instance of Ledger cannot travel; send plain data", new Ledger()],
    ["args[0]: a Promise cannot travel; did you forget await?", Promise.resolve(1)],
    ["args[0]: an ArrayBuffer cannot travel; send new Uint8Array(buffer)", new ArrayBuffer(1)],
    ["args[0]: an instance of Float64Array cannot travel", new Float64Array(1)],
    ["args[0]: a Number cannot travel; send the primitive", Object(1)],
    ["args[0]: an instance of WeakMap cannot travel", new WeakMap()],
    ["args[0]: a RegExp cannot travel", /x/],
    ["args[0]: an object with a prototype of its own cannot travel", Object.create({ inherited: 1 })],
  ])("%s", (message, value) => {
    expect(refusal([value]).message).toContain(message);
  });

  it.each([
    ["args[0].lines[3].price", [{ lines: [1, 2, 3, { price: new Money() }] }]],
    ['args[0]["unit price"]', [{ "unit price": new Money() }]],
    ['args[0].get("k")', [new Map([["k", new Money()]])]],
    ["args[0].get(7).deep", [new Map([[7, { deep: new Money() }]])]],
    [
      "args[0].keys[1]",
      [
        new Map<unknown, number>([
          ["k", 1],
          [new Money(), 2],
        ]),
      ],
    ],
    [
      "args[0].values[1]",
      [
        new Map<unknown, unknown>([
          ["k", 1],
          [{ a: 1 }, new Money()],
        ]),
      ],
    ],
    ["args[0].values[2]", [new Set([1, 2, new Money()])]],
    ["args[0].$ref", [{ $ref: new Money() }]],
  ])("and the error names its path %s", (path, value) => {
    const error = refusal(value);
    expect(error.message).toMatch(/: an instance of Money cannot travel/);
    expect(error.data).toEqual({ path });
  });

  it("also when it is hidden in a class that pretends to be an array or a map", () => {
    class Lines extends Array<number> {}
    class Pretender {
      get [Symbol.toStringTag]() {
        return "Map";
      }
    }
    expect(refusal(new Lines()).message).toContain("an instance of Lines");
    expect(refusal(new Pretender()).message).toContain("an instance of Pretender");
  });

  it("names both ends of a cycle", () => {
    const node: Record<string, unknown> = { name: "a" };
    node["next"] = { next: { list: [node] } };
    expect(refusal([node]).message).toBe(
      "args[0].next.next.list[0]: leads back to args[0]; a cycle cannot travel, send keys instead",
    );
  });

  it("tells deep nesting from a cycle, with a path that stays readable", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 501; i++) deep = { child: deep };
    const { message } = refusal(deep, "state");
    expect(message).toContain("is nested deeper than 500");
    expect(message.length).toBeLessThan(400);
  });

  it("names the property whose getter throws, and a proxy that cannot be read", () => {
    const hostile = {
      get balance(): number {
        throw new Error("not now");
      },
    };
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(refusal([hostile]).message).toBe("args[0].balance: cannot be read: not now");
    expect(refusal({ proxy }).message).toContain("args.proxy: cannot be read");
  });
});
