import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { decodeText, encodeText, fromWire, toWire } from "./codec.js";
import { ActorError, RejectedError } from "./errors.js";

/** What Node has beyond core's globals. */
const node = globalThis as unknown as {
  Buffer: { from(text: string): Uint8Array };
  process: { getBuiltinModule(name: string): unknown };
};
const vm = node.process.getBuiltinModule("node:vm") as { runInNewContext(code: string): unknown };
const util = node.process.getBuiltinModule("node:util") as { isDeepStrictEqual(a: unknown, b: unknown): boolean };

const travel = (value: unknown) => decodeText(encodeText(value, "value"));

const anyValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    tie("leaf"),
    tie("array"),
    tie("object"),
    tie("map"),
    tie("set"),
  ),
  leaf: fc.oneof(
    fc.string({ unit: "binary" }),
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.bigInt(),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array().map((bytes) => Uint8Array.from(bytes)),
    fc.constantFrom(undefined, null, Number.NaN, -0, Infinity, -Infinity),
  ),
  array: fc.array(tie("value"), { maxLength: 5 }),
  key: fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "$bigint", "$plain", "$", "toJSON")),
  object: fc.dictionary(tie("key") as fc.Arbitrary<string>, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  map: fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 3 }).map((entries) => new Map(entries)),
  set: fc.array(tie("value"), { maxLength: 3 }).map((members) => new Set(members)),
})).value;

describe("a value that travels", () => {
  it("arrives equal, whatever it is made of", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        // Vitest's equality takes an own key named "constructor" for the class.
        expect(util.isDeepStrictEqual(travel(value), value)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("arrives equal in the same bytes when it is sent on", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const text = encodeText(value, "value");
        expect(encodeText(decodeText(text), "value")).toBe(text);
      }),
    );
  });

  it.each([
    ['{"$undefined":true}', undefined],
    ['{"$bigint":"12"}', 12n],
    ['{"$number":"-0"}', -0],
    ['{"$number":"NaN"}', Number.NaN],
    ['{"$number":"-Infinity"}', -Infinity],
    ['{"$date":"1970-01-01T00:00:00.000Z"}', new Date(0)],
    ['{"$date":null}', new Date(Number.NaN)],
    ['{"$bytes":"AQID"}', Uint8Array.of(1, 2, 3)],
    ['{"$map":[["k",{"$bigint":"1"}]]}', new Map([["k", 1n]])],
    ['{"$set":["k",{"$undefined":true}]}', new Set(["k", undefined])],
    ['{"$plain":{"$bigint":"12"}}', { $bigint: "12" }],
    ['{"$plain":{"$plain":{"$plain":{"$set":[{"$bigint":"1"}]}}}}', { $plain: { $set: [1n] } }],
    ['{"$a":1,"$b":{"$undefined":true}}', { $a: 1, $b: undefined }],
    ["[100]", [100]],
  ])("is written as %s, which other languages can read", (text, value) => {
    expect(encodeText(value, "value")).toBe(text);
    expect(decodeText(text)).toStrictEqual(value);
  });

  it("is handed on as it is, without a copy, when it is plain JSON", () => {
    const order = { id: "o-1", lines: [{ sku: "a", price: 5 }], paid: false, note: null };
    expect(toWire(order, "order")).toBe(order);
  });

  it("is never changed itself, and shares only what did not change", () => {
    const order = { lines: [{ price: 5 }], placed: new Date(0) };
    const wire = toWire(order, "order") as { lines: unknown; placed: unknown };
    expect(wire.lines).toBe(order.lines);
    expect(order.placed).toBeInstanceOf(Date);
    expect(wire.placed).toEqual({ $date: "1970-01-01T00:00:00.000Z" });
  });

  it("fills the holes of an array with undefined", () => {
    // oxlint-disable-next-line no-sparse-arrays -- the hole is what is tested
    const arrived = travel([1, , 3]);
    expect(arrived).toStrictEqual([1, undefined, 3]);
  });

  it("arrives as Uint8Array when it was a Buffer", () => {
    const arrived = travel(node.Buffer.from("duck"));
    expect(Object.getPrototypeOf(arrived)).toBe(Uint8Array.prototype);
    expect(arrived).toEqual(new TextEncoder().encode("duck"));
  });

  it("may be a date while a test fakes the time", () => {
    vi.useFakeTimers({ now: 5 });
    try {
      expect(encodeText(new Date(), "value")).toBe('{"$date":"1970-01-01T00:00:00.005Z"}');
    } finally {
      vi.useRealTimers();
    }
  });

  it("may have no prototype", () => {
    expect(travel(Object.assign(Object.create(null), { a: 1n }))).toStrictEqual({ a: 1n });
  });

  it("may come from another realm", () => {
    const value = vm.runInNewContext(
      `({ list: [1n], at: new Date(0), map: new Map([[1, new Set([2])]]), bytes: Uint8Array.of(7) })`,
    );
    expect(travel(value)).toStrictEqual({
      list: [1n],
      at: new Date(0),
      map: new Map([[1, new Set([2])]]),
      bytes: Uint8Array.of(7),
    });
  });

  it("keeps an own key named __proto__ without touching any prototype", () => {
    const value: unknown = JSON.parse('{"a":{"__proto__":{"admin":true}},"__proto__":{"admin":true}}');
    const mixed = Object.assign(value as object, { at: new Date(0) });
    const arrived = travel(mixed) as { a: object };
    expect(Object.getOwnPropertyNames(arrived)).toEqual(["a", "__proto__", "at"]);
    expect(Object.getPrototypeOf(arrived)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(arrived.a)).toBe(Object.prototype);
    expect("admin" in arrived || "admin" in arrived.a || "admin" in {}).toBe(false);
  });

  it("revives what stands under __proto__ without setting a prototype", () => {
    const arrived = decodeText('{"__proto__":{"$map":[["admin",true]]}}') as object;
    expect(Object.getPrototypeOf(arrived)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(arrived, "__proto__")?.value).toStrictEqual(new Map([["admin", true]]));
  });

  it("may hold errors, which arrive as the nearest class of ours", () => {
    const arrived = travel({ failures: [new RejectedError("no", { code: "FULL", data: { left: 0n } })] });
    const [failure] = (arrived as { failures: RejectedError[] }).failures;
    expect(failure).toBeInstanceOf(RejectedError);
    expect(failure).toMatchObject({ message: "no", code: "FULL", data: { left: 0n } });
  });

  it("may be nested 500 deep", () => {
    const nest = (depth: number): unknown => (depth === 0 ? 1 : [nest(depth - 1)]);
    expect(travel(nest(500))).toStrictEqual(nest(500));
  });
});

describe("bytes of a stranger (P13)", () => {
  it.each([
    ['{"$bigint":12}', "decimal digits"],
    ['{"$bigint":"0x10"}', "decimal digits"],
    ['{"$bigint":""}', "decimal digits"],
    ['{"$number":"12"}', "-0"],
    ['{"$date":"yesterday 1"}', "ISO 8601"],
    ['{"$date":"2026-99-01T00:00:00Z"}', "ISO 8601"],
    ['{"$date":0}', "ISO 8601"],
    ['{"$bytes":[1]}', "base64"],
    ['{"$bytes":"A"}', "base64"],
    ['{"$map":{"length":1}}', "[key, value]"],
    ['{"$map":[[1]]}', "[key, value]"],
    ['{"$set":null}', "an array"],
    ['{"$error":{"class":"RejectedError"}}', "an error"],
    ['{"$plain":[1]}', "an object"],
    ['{"$undefined":1}', "true"],
    ['{"deep":[{"$constructor":1}]}', "not known"],
  ])("%s is a RangeError that says what it should hold", (text, expected) => {
    expect(() => decodeText(text)).toThrow(RangeError);
    expect(() => decodeText(text)).toThrow(expected);
  });

  it("nested without end are refused before the stack is", () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    expect(() => decodeText(deep)).toThrow("nested deeper than 500");
    const maps = '{"$map":[[1,'.repeat(10_000) + "1" + "]]}".repeat(10_000);
    expect(() => decodeText(maps)).toThrow("nested deeper than 500");
  });

  it("give a value or a RangeError, never another failure", () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ depthSize: "medium" }),
        fc.constantFrom("$map", "$set", "$error", "$date"),
        (json, tag) => {
          try {
            fromWire({ list: [{ [tag]: json }] });
          } catch (error) {
            if (!(error instanceof RangeError)) throw error;
          }
        },
      ),
    );
  });

  it("cannot make an error that is no error of ours", () => {
    const wire = { class: "toString", name: "x", code: "X", message: "m", effect: "none", retryable: false };
    expect(Object.getPrototypeOf(fromWire({ $error: wire }))).toBe(ActorError.prototype);
  });
});
