import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkKey, checkType, formatAddress, maxKeyBytes, parseAddress } from "./address.js";
import { InvalidAddressError } from "./errors.js";

const key = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });

describe("an address", () => {
  it("is type and key around the first slash; the key may hold more of them", () => {
    expect(parseAddress("Account/alice")).toEqual({ type: "Account", key: "alice" });
    expect(parseAddress("File/a/b//c")).toEqual({ type: "File", key: "a/b//c" });
    expect(parseAddress("$Lock/report:2026")).toEqual({ type: "$Lock", key: "report:2026" });
  });

  it("comes back from its text for any key", () => {
    fc.assert(
      fc.property(fc.constantFrom("A", "Account", "$Lock", "my.Type_2-x"), key, (type, actor) => {
        expect(parseAddress(formatAddress(type, actor))).toEqual({ type, key: actor });
      }),
    );
  });

  it.each(["", "Account", "/alice", "Account/", "1Account/a", "Acc ount/a", "$/a", "Konto€/a"])("is not %j", (text) => {
    expect(() => parseAddress(text)).toThrow(InvalidAddressError);
  });
});

describe("a key", () => {
  it("has 1 to 256 UTF-8 bytes, whatever it is written in", () => {
    for (const unit of ["a", "é", "東", "🦆"]) {
      const most = Math.floor(maxKeyBytes / new TextEncoder().encode(unit).length);
      expect(() => checkKey(unit.repeat(most))).not.toThrow();
      expect(() => checkKey(unit.repeat(most + 1))).toThrow(/at most 256 UTF-8 bytes, this one has/);
    }
    expect(() => checkKey("")).toThrow("must not be empty");
  });

  it("has no lone surrogates, or two keys would meet in one actor", () => {
    expect(() => checkKey("a\ud800")).toThrow("well-formed");
    expect(() => formatAddress("Account", "\udc00")).toThrow(InvalidAddressError);
  });

  it.each([undefined, null, 1, {}, Symbol("k")])("is a string, not %s", (value) => {
    expect(() => checkKey(value)).toThrow("an actor key must be a string");
  });
});

describe("a type", () => {
  it("has 1 to 100 characters", () => {
    expect(() => checkType("A".repeat(100))).not.toThrow();
    expect(() => checkType("A".repeat(101))).toThrow(InvalidAddressError);
    expect(() => checkType("")).toThrow(InvalidAddressError);
  });
});
