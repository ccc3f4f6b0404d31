import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as core from "../index.js";
import { errorFromWire, errorToWire } from "./codec.js";
import { isWireError } from "./error-codec.js";
import * as errors from "./errors.js";
import type { WireError } from "./message.js";

const { ActorError, DeadlockError, HandlerError, OverloadedError, RejectedError } = errors;

const travel = (thrown: unknown) => errorFromWire(JSON.parse(JSON.stringify(errorToWire(thrown))) as WireError);

class InsufficientFundsError extends RejectedError {
  constructor(readonly missing: number) {
    super("insufficient funds", { code: "INSUFFICIENT_FUNDS", data: { missing: BigInt(missing) } });
  }
}

/** Arguments that suit every constructor of ours. */
function example(name: string, type: unknown): errors.ActorError {
  if (name === "ActorError") return new ActorError("m", { code: "C", effect: "unknown", retryable: true });
  if (name === "DeadlockError") return new DeadlockError(["A/1", "B/2", "A/1"]);
  if (name === "CancelledError") return new errors.CancelledError("m", "none");
  if (name === "LockLostError") return new errors.LockLostError("m", "unknown", { data: { lock: "a" } });
  if (name === "TransactionAbortedError") {
    return new errors.TransactionAbortedError("m", { reason: "conflict", transaction: "a:1", by: "b:1" });
  }
  if (name === "TransactionInDoubtError") return new errors.TransactionInDoubtError("m", "a:1", { data: [1n] });
  if (name === "ClosedError") return new errors.ClosedError("m", "unknown");
  if (name === "OverloadedError") return new OverloadedError("m", "actor", 250);
  if (name === "HandlerError") return new HandlerError("m", "TypeError", { code: "C" });
  return new (type as new (message: string, detail: errors.ErrorDetail) => errors.ActorError)("m", { data: [1n] });
}

describe("an error of ours", () => {
  it.each(Object.entries(errors))("%s arrives as itself, with all its fields", (name, type) => {
    const sent = example(name, type);
    const arrived = travel(sent);
    expect(arrived).toBeInstanceOf(type);
    expect(Object.getPrototypeOf(arrived)).toBe(Object.getPrototypeOf(sent));
    expect(arrived.constructor).toBe(type);
    expect(arrived.name).toBe(name);
    expect(arrived.message).toBe(sent.message);
    expect(Object.entries(arrived)).toStrictEqual(Object.entries(sent));
  });

  it("is public: every class of errors.ts is exported from the package", () => {
    expect(core).toMatchObject(errors);
    for (const [name, type] of Object.entries(errors)) {
      expect(name).toMatch(/Error$/);
      expect(type === ActorError || Object.prototype.isPrototypeOf.call(ActorError, type)).toBe(true);
    }
  });

  it("is a real error, not an object that looks like one", () => {
    expect(Object.prototype.toString.call(travel(new RejectedError("no")))).toBe("[object Error]");
  });

  it("of the user's making arrives as the nearest of ours, under its own name, over any number of hops", () => {
    for (const arrived of [travel(new InsufficientFundsError(20)), travel(travel(new InsufficientFundsError(20)))]) {
      expect(Object.getPrototypeOf(arrived)).toBe(RejectedError.prototype);
      expect(arrived.name).toBe("InsufficientFundsError");
      expect(arrived).toMatchObject({
        code: "INSUFFICIENT_FUNDS",
        data: { missing: 20n },
        missing: 20,
        retryable: false,
      });
    }
  });

  it("of a newer build that is unknown here arrives as ActorError with its traits", () => {
    const wire = { ...errorToWire(new OverloadedError("m", "store", 5)), class: "ShedError", name: "ShedError" };
    const arrived = errorFromWire(wire);
    expect(Object.getPrototypeOf(arrived)).toBe(ActorError.prototype);
    expect(arrived).toMatchObject({ name: "ShedError", code: "OVERLOADED", retryable: true, scope: "store" });
  });

  it("brings the frames of where it was thrown, under its own header, once for all hops", () => {
    const sent = new RejectedError("no\n  really");
    sent.stack = "RejectedError: no\n  really\n    at Account.withdraw (account.ts:9:5)\n    at turn (turn.ts:1:1)";
    const expected =
      "RejectedError: no\n  really\n    --- at the actor ---\n    at Account.withdraw (account.ts:9:5)\n    at turn (turn.ts:1:1)";
    expect(errorToWire(sent).stack).not.toContain("really");
    expect(travel(sent).stack).toBe(expected);
    expect(travel(travel(sent)).stack).toBe(expected);
  });

  it("brings its causes, four deep at most", () => {
    let error: errors.ActorError = new RejectedError("0");
    for (let i = 1; i < 8; i++) error = new RejectedError(String(i), { cause: error });
    const messages: string[] = [];
    for (let next: unknown = travel(error); next instanceof RejectedError; next = next.cause) {
      messages.push(next.message);
    }
    expect(messages).toEqual(["7", "6", "5", "4", "3"]);
    expect(JSON.stringify(errorToWire(error)).match(/"cause":/g)).toHaveLength(4);
  });

  it("loses data that cannot travel, and nothing else", () => {
    const arrived = travel(new RejectedError("no", { code: "X", data: { call: () => 1 } }));
    expect(arrived).toMatchObject({ message: "no", code: "X", data: undefined });
  });

  it("stays bounded when its data leads back to it", () => {
    const data: Record<string, unknown> = {};
    const error = new RejectedError("loop", { data });
    data["self"] = error;
    expect(JSON.stringify(errorToWire(error)).length).toBeLessThan(64 * 1024);
    expect(travel(error)).toBeInstanceOf(RejectedError);
  });

  it("keeps at most 8 KiB of message and of stack", () => {
    const error = new RejectedError("x".repeat(100_000));
    error.stack = `RejectedError: x\n${"    at somewhere (file.ts:1:1)\n".repeat(10_000)}`;
    const wire = errorToWire(error);
    expect(wire.message).toHaveLength(8 * 1024);
    expect(wire.stack).toHaveLength(8 * 1024);
  });
});

describe("anything else that is thrown arrives as HandlerError", () => {
  class StockError extends Error {
    readonly code = "NO_STOCK";
    readonly data = { sku: "a" };
  }
  class TaxError extends TypeError {
    override name = "TaxError";
  }

  it.each([
    ["TypeError", "HANDLER_FAILED", "boom", new TypeError("boom")],
    ["StockError", "NO_STOCK", "none left", new StockError("none left")],
    ["TaxError", "HANDLER_FAILED", "rate", new TaxError("rate")],
    ["Error", "HANDLER_FAILED", "7", Object.assign(new Error("7"), { code: 7 })],
    ["string", "HANDLER_FAILED", "boom", "boom"],
    ["undefined", "HANDLER_FAILED", "undefined", undefined],
    ["null", "HANDLER_FAILED", "null", null],
    ["Object", "HANDLER_FAILED", "[object Object]", { message: "not asked" }],
  ])("thrown: %s, code: %s, message: %s", (thrown, code, message, value) => {
    const arrived = travel(value);
    expect(arrived).toBeInstanceOf(HandlerError);
    expect(arrived).toMatchObject({ thrown, name: thrown, code, message, effect: "none", retryable: false });
    expect(travel(arrived)).toMatchObject({ thrown, name: thrown, code, message });
  });

  it("with its data and cause", () => {
    const error = new StockError("none left", { cause: new RangeError("-1") });
    const arrived = travel(error);
    expect(arrived.data).toEqual({ sku: "a" });
    expect(arrived.cause).toMatchObject({ thrown: "RangeError", message: "-1" });
  });

  it("even when reading it throws", () => {
    const throwing = () => {
      throw new Error("gotcha");
    };
    const getters = Object.defineProperties(new Error("x"), {
      stack: { get: throwing },
      message: { get: throwing },
      name: { get: throwing },
      code: { get: throwing },
      data: { get: throwing },
      cause: { get: throwing },
      constructor: { get: throwing },
    });
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const hostile = [
      getters,
      proxy,
      { toString: throwing },
      Object.create(null),
      new Proxy(new Error("x"), { get: throwing }),
    ];
    for (const value of hostile) expect(travel(value)).toBeInstanceOf(HandlerError);
    const ours = new RejectedError("no", { code: "X" });
    Object.defineProperty(ours, "data", { get: throwing, enumerable: true });
    expect(travel(ours)).toMatchObject({ message: "no", code: "X", data: undefined });
  });
});

describe("an error of a stranger (P13)", () => {
  const wire: WireError = {
    class: "RejectedError",
    name: "E",
    code: "C",
    message: "m",
    effect: "none",
    retryable: false,
  };

  it("is recognised by its shape", () => {
    expect(isWireError({ ...wire, stack: "s", cause: wire, fields: { a: 1 }, data: [1] })).toBe(true);
    const wrong: unknown[] = [
      null,
      [],
      "x",
      { ...wire, cause: "x" },
      { ...wire, stack: 1 },
      { ...wire, fields: { a: {} } },
    ];
    for (const key of Object.keys(wire)) wrong.push({ ...wire, [key]: 0 }, { ...wire, [key]: undefined });
    for (const value of wrong) expect(isWireError(value)).toBe(false);
  });

  it("revives whatever its data and causes are", () => {
    let cause = wire;
    for (let i = 0; i < 50_000; i++) cause = { ...wire, cause };
    expect(errorFromWire(cause)).toBeInstanceOf(RejectedError);
    expect(errorFromWire({ ...wire, data: { $map: 1 } }).data).toBeUndefined();
  });

  it("overrides no method and no prototype by its fields", () => {
    const fields = JSON.parse(
      '{"__proto__":1,"toString":"x","stack":"x","code":"x","constructor":"x","scope":"actor"}',
    );
    const arrived = errorFromWire({ ...wire, fields });
    expect(String(arrived)).toBe("E: m");
    expect(arrived).toMatchObject({ code: "C", constructor: RejectedError, scope: "actor" });
    expect(Object.getPrototypeOf(arrived)).toBe(RejectedError.prototype);
  });

  it("never fails to become one", () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        const described = errorToWire(thrown);
        expect(isWireError(JSON.parse(JSON.stringify(described)))).toBe(true);
      }),
    );
  });
});
