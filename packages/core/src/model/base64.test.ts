import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromBase64, toBase64 } from "./base64.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe("base64", () => {
  it.each([
    ["", ""],
    ["f", "Zg=="],
    ["fo", "Zm8="],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg=="],
    ["fooba", "Zm9vYmE="],
    ["foobar", "Zm9vYmFy"],
  ])("writes and reads the vector of RFC 4648 for %j", (text, base64) => {
    expect(toBase64(bytesOf(text))).toBe(base64);
    expect(fromBase64(base64)).toEqual(bytesOf(text));
  });

  it("uses the standard alphabet, not the one for URLs", () => {
    expect(toBase64(Uint8Array.of(0xfb, 0xff, 0xfe))).toBe("+//+");
  });

  it("gives back any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(fromBase64(toBase64(bytes))).toEqual(Uint8Array.from(bytes));
      }),
    );
  });

  it.each(["Zg", "Zg=", "Z===", "====", "Zm9v!mFy", "Zm-v", "Zm9é", "Z=9v", "Zm9v🦆🦆"])("refuses %j", (text) => {
    expect(() => fromBase64(text)).toThrow(RangeError);
  });
});
